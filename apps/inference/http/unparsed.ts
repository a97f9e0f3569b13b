import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { Problem } from "../http-error.ts";
import type { Logger } from "../logger.ts";
import { problemBody } from "./error-response.ts";
import { requestIdOf } from "./request-id.ts";

/** What Node's parser stops at, by its codes; anything else is no HTTP. */
const REASONS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, "headers_too_large", "the headers must not be longer than 16 KiB together"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "body_too_large", "the chunks of the body have too much beside their data"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "request_timeout", "the request did not arrive in time"],
};
const MALFORMED = [400, "bad_request", "this is no HTTP request"] as const;

/** Answers what Node would answer by itself, with no body and no id: what it cannot parse, and expectations it does not know. */
export function answerUnparsed(server: Server, logger: Logger): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // Where an answer is on its way, this would land in the midst of it.
    const { _httpMessage: pending } = socket as Socket & { _httpMessage?: ServerResponse | null };
    if (error.code === "ECONNRESET" || !socket.writable || pending?.headersSent === true) {
      socket.destroy();
      return;
    }
    const [status, code, message] = REASONS[error.code ?? ""] ?? MALFORMED;
    const { id, body } = word(new Problem(status, code, message), randomUUID(), "");
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `X-Request-ID: ${id}`,
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "Connection: close",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    socket.destroySoon();
    logger.info({ request_id: id, status, code, reason: error.code }, "request refused");
  });
  server.on("checkExpectation", (req: IncomingMessage, res: ServerResponse) => {
    const problem = new Problem(417, "expectation_failed", "the only expectation that is met is 100-continue");
    refuse(req, res, problem, logger);
  });
}

/** Answers a request whose target is neither a path nor a URL. */
export function refuseTarget(req: IncomingMessage, res: ServerResponse, logger: Logger): void {
  refuse(req, res, new Problem(400, "bad_request", "the request's target is neither a path nor a URL"), logger);
}

function refuse(req: IncomingMessage, res: ServerResponse, problem: Problem, logger: Logger): void {
  const { status, code } = problem;
  const { id, body } = word(problem, requestIdOf(req), req.url ?? "");
  const type = "application/json; charset=utf-8";
  res.writeHead(status, { "X-Request-ID": id, "Content-Type": type, Connection: "close" });
  res.end(body);
  logger.info({ request_id: id, status, code }, "request refused");
}

function word(problem: Problem, id: string, path: string): { id: string; body: string } {
  return { id, body: JSON.stringify(problemBody(path, problem, id)) };
}
