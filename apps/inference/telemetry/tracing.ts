import type { Context } from "koa";

/** Distributed tracing: a span for every request. */
export interface Tracing {
  /**
   * Begins a request's span, as a child of the caller's if it sent a `traceparent`, and puts it into `ctx.state.trace`.
   *
   * @param route The route's path, such as `/models/{model}/predict`; undefined if there is no route.
   * @returns Ends the span with the response as it is then.
   */
  begin(ctx: Context, route: string | undefined): () => void;
  /** Begins to send the waiting spans, so that little is left for `close`. */
  flush(): void;
  /**
   * Sends the remaining spans, for five seconds at most; gives up sooner if exporting has been failing.
   *
   * @param deadline When to give up, on the clock of `performance.now()`.
   * @param skip Aborted to give up now.
   */
  close(deadline: number, skip: AbortSignal): Promise<void>;
}
