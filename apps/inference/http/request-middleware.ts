import type { Context, Middleware } from "koa";
import type { Lifecycle } from "../lifecycle.ts";
import type { Logger } from "../logger.ts";
import type { HttpResponses } from "../metrics/http-responses.ts";
import { accessLog } from "./access-log.ts";
import { wordProblem } from "./error-response.ts";
import { requestIdOf } from "./request-id.ts";
import { completeAnswer, jsonAnswers } from "./response.ts";
import { traceOf } from "./trace.ts";

/** What is done beside it. */
export interface ExchangeOptions {
  /** Counts the answers. @default nobody */
  readonly responses?: HttpResponses;
  /** Begins a span of a request, and returns its end. @default none */
  readonly beginSpan?: ((ctx: Context) => () => void) | undefined;
}

/**
 * What every request and its answer have: an id, a place in a trace, mistakes put into words, the common headers, a line in
 * the log. One step rather than four: each step of Koa's is a call, a closure and a promise or two.
 */
export function exchange(lifecycle: Lifecycle, logger: Logger, options: ExchangeOptions = {}): Middleware {
  const { responses, beginSpan } = options;
  const log = accessLog(logger);
  const answer = jsonAnswers(lifecycle);
  return async (ctx, next) => {
    const started = performance.now();
    ctx.state["requestId"] = requestIdOf(ctx.req);
    ctx.state["trace"] = traceOf(ctx.req);
    const endSpan = beginSpan?.(ctx);
    try {
      await next();
    } catch (error) {
      wordProblem(ctx, error, logger, answer);
    }
    completeAnswer(ctx, lifecycle);
    responses?.count(ctx.method, ctx.status);
    log(ctx, ctx.state, performance.now() - started);
    endSpan?.();
  };
}
