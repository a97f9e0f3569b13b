import type { IncomingHttpHeaders } from "node:http";
import { status as Code, Metadata, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { accessLog } from "../http/access-log.ts";
import { requestIdOf } from "../http/request-id.ts";
import type { Authorize } from "../http/router.ts";
import { traceOf } from "../http/trace.ts";
import { HttpError } from "../http-error.ts";
import type { Logger } from "../logger.ts";
import type { GrpcCalls } from "../metrics/grpc-calls.ts";
import { codeOf, detailsOf } from "./status.ts";

/** A call as the handlers see it. */
export type Call<Request> = ServerUnaryCall<Request, unknown>;

/** The response to a call, and what to tell about it. */
export interface Reply {
  readonly message: unknown;
  /** Further metadata of the response: name, value, name, value … @default none */
  readonly metadata?: readonly string[];
  /** Rows predicted. */
  readonly rows?: number;
}

/** What every call goes through. */
export interface CallDeps {
  readonly authorize: Authorize;
  readonly calls: GrpcCalls;
  readonly logger: Logger;
}

/** The metadata that the server reads, as the headers of HTTP requests of the same names. */
const HEADERS = ["x-api-key", "x-request-id", "traceparent", "tracestate"] as const;

/**
 * Returns a function that makes handlers of unary calls: key, request id and trace, status, log line and count, as for HTTP.
 *
 * @param open Whether no key is needed.
 */
export function unary({ authorize, calls, logger }: CallDeps) {
  const log = accessLog(logger);
  return <Request>(path: string, open: boolean, handle: (call: Call<Request>) => Reply | Promise<Reply>) =>
    async (call: Call<Request>, respond: sendUnaryData<unknown>): Promise<void> => {
      const started = performance.now();
      const req = { headers: headersOf(call.metadata) };
      const requestId = requestIdOf(req);
      const metadata = new Metadata();
      metadata.set("x-request-id", requestId);
      let code = Code.OK;
      let status = 200;
      let error: HttpError | undefined;
      let reply: Reply | undefined;
      try {
        const unauthorized = open ? undefined : authorize(req);
        if (unauthorized !== undefined) {
          throw unauthorized;
        }
        reply = await handle(call);
      } catch (thrown) {
        error = asHttpError(thrown);
        code = codeOf(error);
        status = error.status;
        if (error.cause !== undefined) {
          const fields = { request_id: requestId, code: error.code, error: error.cause };
          logger[status < 500 ? "debug" : "error"](fields, "request failed");
        }
      }
      if (reply === undefined) {
        respond({ code, details: error === undefined ? "" : detailsOf(error), metadata });
      } else {
        const { message, metadata: further = [] } = reply;
        for (let index = 0; index < further.length; index += 2) {
          metadata.set(further[index] ?? "", further[index + 1] ?? "");
        }
        call.sendMetadata(metadata);
        respond(null, message);
      }
      calls.count(path, Code[code]);
      const details = {
        requestId,
        trace: traceOf(req),
        ...(error === undefined ? {} : { errorCode: error.code }),
        ...(reply?.rows === undefined ? {} : { rows: reply.rows }),
      };
      log({ method: "gRPC", path, status }, details, performance.now() - started);
    };
}

function asHttpError(thrown: unknown): HttpError {
  return thrown instanceof HttpError
    ? thrown
    : new HttpError(500, "internal_error", "the server failed to answer; its log has the reason", { cause: thrown });
}

function headersOf(metadata: Metadata): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (const name of HEADERS) {
    const [value] = metadata.get(name);
    if (typeof value === "string") {
      headers[name] = value;
    }
  }
  return headers;
}
