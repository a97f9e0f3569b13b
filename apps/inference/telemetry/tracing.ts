import type { Context } from "koa";

/** A trace that the server takes part in: a span for every request. */
export interface Tracing {
  /**
   * Begins a request's span, as a child of the caller's where it sent a `traceparent`, and puts its own in `ctx.state.trace`.
   *
   * @returns Ends the span with the answer as it is then.
   */
  begin(ctx: Context): () => void;
  /** Sends what has not been sent yet; gives up after five seconds. */
  close(): Promise<void>;
}
