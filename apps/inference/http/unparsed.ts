import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { HttpError } from "../http-error.ts";
import type { Logger } from "../logger.ts";
import { errorBody } from "./error-response.ts";
import { requestIdOf } from "./request-id.ts";

/** Responses by the error codes of Node's parser; anything else is not HTTP. */
const REASONS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "headers_too_large", "the headers must not be longer than 16 KiB together"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "body_too_large", "the chunk extensions of the body are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request_timeout", "the request did not arrive in time"],
};
const MALFORMED = [400, "bad_request", "this is not an HTTP request"] as const;

/** Responds, in our format, to requests that Node itself would reject: unparsable ones, and those with unknown expectations. */
export function answerUnparsed(server: Server, logger: Logger): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // If a response is already being sent, this one would corrupt it.
    const { _httpMessage: pending } = socket as Socket & { _httpMessage?: ServerResponse | null };
    if (error.code === "ECONNRESET" || !socket.writable || pending?.headersSent === true) {
      socket.destroy();
      return;
    }
    const [status, code, message] = REASONS[error.code ?? ""] ?? MALFORMED;
    const { id, body } = serialize(new HttpError(status, code, message), randomUUID(), "");
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `X-Request-ID: ${id}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    socket.destroySoon();
    logger.info({ request_id: id, status, code, reason: error.code }, "request rejected");
  });
  server.on("checkExpectation", (req: IncomingMessage, res: ServerResponse) => {
    const error = new HttpError(417, "expectation_failed", "the only supported expectation is 100-continue");
    reject(req, res, error, logger);
  });
}

/** Rejects a request whose target is neither a path nor a URL. */
export function rejectTarget(req: IncomingMessage, res: ServerResponse, logger: Logger): void {
  reject(req, res, new HttpError(400, "bad_request", "the request target is neither a path nor a URL"), logger);
}

function reject(req: IncomingMessage, res: ServerResponse, error: HttpError, logger: Logger): void {
  const { status, code } = error;
  const { id, body } = serialize(error, requestIdOf(req), req.url ?? "");
  const type = "application/json; charset=utf-8";
  res.writeHead(status, { "X-Request-ID": id, "Content-Type": type, Connection: "close" });
  res.end(body);
  logger.info({ request_id: id, status, code }, "request rejected");
}

function serialize(error: HttpError, id: string, path: string): { id: string; body: string } {
  return { id, body: JSON.stringify(errorBody(path, error, id)) };
}
