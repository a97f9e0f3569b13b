import type { Context } from "koa";

/** A trace that the server takes part in: a span for every request. */
export interface Tracing {
  /**
   * Begins a request's span, as a child of the caller's where it sent a `traceparent`, and puts its own in `ctx.state.trace`.
   *
   * @param route The path as its route words it, such as `/models/{model}/predict`; undefined where no route has it.
   * @returns Ends the span with the answer as it is then.
   */
  begin(ctx: Context, route: string | undefined): () => void;
  /** Begins to send what waits, so that little is left for `close`. */
  flush(): void;
  /**
   * Sends what has not been sent yet, for five seconds at most; gives up sooner where nothing could be sent before.
   *
   * @param deadline When to give up, on the clock of `performance.now()`.
   * @param hurry Aborted to give up now.
   */
  close(deadline: number, hurry: AbortSignal): Promise<void>;
}
