import { type Logger, lineWriter } from "../logger.ts";
import type { Marks } from "./response.ts";

/** Asked for every few seconds by machines: at `info` they would bury everything else. */
const ROUTINE = new Set(["/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"]);

/** What was asked, and how it ended; a context is one. */
interface Exchanged {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
}

/** What else is known of a request; a context's state holds it. */
interface Details extends Marks {
  /** Code of what was wrong. */
  readonly problem?: string;
  /** Rows that were answered. */
  readonly rows?: number;
}

/** One line a request: method, path without query, status, milliseconds, request id, trace id. */
export function accessLog(logger: Logger): (exchanged: Exchanged, details: Details, ms: number) => void {
  const write = lineWriter(logger);
  return ({ method, path, status }, { requestId, problem, rows, trace }, ms) => {
    const level = ROUTINE.has(path) ? "debug" : status >= 500 ? "warn" : "info";
    if (logger.isLevelEnabled(level)) {
      const code = problem === undefined ? "" : `,"code":"${problem}"`;
      const counted = rows === undefined ? "" : `,"rows":${rows}`;
      const traced = trace === undefined ? "" : `,"trace_id":"${trace.traceId}"`;
      // The path alone can hold what must be escaped: ids are checked, the rest are words and numbers of ours.
      write(
        level,
        `"request_id":"${requestId}","method":"${method}","path":${JSON.stringify(path)},"status":${status},` +
          `"ms":${Math.round(ms * 1000) / 1000}${code}${counted}${traced},"message":"request"`,
      );
    }
  };
}
