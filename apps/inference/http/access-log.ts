import { type Logger, lineWriter } from "../logger.ts";
import type { ResponseDetails } from "./response.ts";

/** Polled by machines every few seconds; logged at `debug` so that they do not drown out other lines. */
const ROUTINE = new Set(["/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"]);

/** A request and its outcome, such as a context. */
interface LoggedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
}

/** Further facts about a request; stored in the context's state. */
interface LoggedDetails extends ResponseDetails {
  readonly errorCode?: string;
  /** Rows predicted. */
  readonly rows?: number;
}

/** Logs one line per request: method, path without query, status, milliseconds, request id, trace id. */
export function accessLog(logger: Logger): (request: LoggedRequest, details: LoggedDetails, ms: number) => void {
  const write = lineWriter(logger);
  return ({ method, path, status }, { requestId, errorCode, rows, trace }, ms) => {
    const level = ROUTINE.has(path) ? "debug" : status >= 500 ? "warn" : "info";
    if (logger.isLevelEnabled(level)) {
      const code = errorCode === undefined ? "" : `,"code":"${errorCode}"`;
      const counted = rows === undefined ? "" : `,"rows":${rows}`;
      const traced = trace === undefined ? "" : `,"trace_id":"${trace.traceId}"`;
      // Only the path may need escaping: ids are validated, the rest are our own identifiers and numbers.
      write(
        level,
        `"request_id":"${requestId}","method":"${method}","path":${JSON.stringify(path)},"status":${status},` +
          `"ms":${Math.round(ms * 1000) / 1000}${code}${counted}${traced},"message":"request"`,
      );
    }
  };
}
