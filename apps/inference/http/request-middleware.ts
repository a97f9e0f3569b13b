import type { Context, Middleware } from "koa";
import type { Lifecycle } from "../lifecycle.ts";
import type { Logger } from "../logger.ts";
import type { HttpResponses } from "../metrics/http-responses.ts";
import { accessLog } from "./access-log.ts";
import { sendError } from "./error-response.ts";
import { requestIdOf } from "./request-id.ts";
import { jsonSender, setCommonHeaders } from "./response.ts";
import { traceOf } from "./trace.ts";

/** Optional parts of the request middleware. */
export interface RequestMiddlewareOptions {
  /** Counts the responses. @default they are not counted */
  readonly responses?: HttpResponses;
  /** Begins a span for a request, and returns its end. @default no spans */
  readonly beginSpan?: ((ctx: Context) => () => void) | undefined;
}

/**
 * What applies to every request: its id and trace, error responses, common headers, a log line. It is a single middleware
 * because each step of Koa's chain costs promises.
 */
export function requestMiddleware(
  lifecycle: Lifecycle,
  logger: Logger,
  options: RequestMiddlewareOptions = {},
): Middleware {
  const { responses, beginSpan } = options;
  const log = accessLog(logger);
  const send = jsonSender(lifecycle);
  return async (ctx, next) => {
    const started = performance.now();
    ctx.state["requestId"] = requestIdOf(ctx.req);
    ctx.state["trace"] = traceOf(ctx.req);
    const endSpan = beginSpan?.(ctx);
    try {
      await next();
    } catch (error) {
      sendError(ctx, error, logger, send);
    }
    setCommonHeaders(ctx, lifecycle);
    responses?.count(ctx.method, ctx.status);
    log(ctx, ctx.state, performance.now() - started);
    endSpan?.();
  };
}
