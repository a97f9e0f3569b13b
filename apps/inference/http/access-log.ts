import type { Middleware } from "koa";
import type { Logger } from "../logger.ts";

/** Asked for every few seconds by machines: at `info` they would bury everything else. */
const ROUTINE = new Set(["/health", "/ready", "/metrics"]);

/** One line a request: method, path without query, status, milliseconds, request id. */
export function accessLog(logger: Logger): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const level = ctx.status >= 500 && !ROUTINE.has(ctx.path) ? "warn" : ROUTINE.has(ctx.path) ? "debug" : "info";
    if (logger.isLevelEnabled(level)) {
      logger[level](
        {
          request_id: ctx.state["requestId"],
          method: ctx.method,
          path: ctx.path,
          status: ctx.status,
          ms: Math.round((performance.now() - started) * 1000) / 1000,
          code: ctx.state["problem"],
          rows: ctx.state["rows"],
        },
        "request",
      );
    }
  };
}
