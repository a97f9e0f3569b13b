import type { Context } from "koa";
import { type Logger, lineWriter } from "../logger.ts";

/** Asked for every few seconds by machines: at `info` they would bury everything else. */
const ROUTINE = new Set(["/health", "/ready", "/metrics", "/v2/health/live", "/v2/health/ready"]);

/** One line a request: method, path without query, status, milliseconds, request id, trace id. */
export function accessLog(logger: Logger): (ctx: Context, ms: number) => void {
  const write = lineWriter(logger);
  return (ctx, ms) => {
    const { path, status } = ctx;
    const level = ROUTINE.has(path) ? "debug" : status >= 500 ? "warn" : "info";
    if (logger.isLevelEnabled(level)) {
      const { requestId, problem, rows, trace } = ctx.state;
      const code = problem === undefined ? "" : `,"code":"${problem}"`;
      const counted = rows === undefined ? "" : `,"rows":${rows}`;
      const traced = trace === undefined ? "" : `,"trace_id":"${trace.traceId}"`;
      // The path alone can hold what must be escaped: ids are checked, the rest are words and numbers of ours.
      write(
        level,
        `"request_id":"${requestId}","method":"${ctx.method}","path":${JSON.stringify(path)},"status":${status},` +
          `"ms":${Math.round(ms * 1000) / 1000}${code}${counted}${traced},"message":"request"`,
      );
    }
  };
}
