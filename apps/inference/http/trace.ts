import type { IncomingMessage } from "node:http";

/** Where a request stands in the caller's trace. */
export interface TraceContext {
  /** 32 hexadecimal digits, the same for everything that belongs to one request of a user. */
  readonly traceId: string;
  /** The header as it came, to be passed on. */
  readonly traceparent: string;
  /** What the tracing systems on the way have added, passed on as it came; undefined where they have not. */
  readonly tracestate?: string;
}

/** Version 00 of https://www.w3.org/TR/trace-context/, which has 55 characters; later ones begin alike, and may go on. */
const TRACEPARENT =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,128})?$/;

/** Longest that has to be passed on (section 3.3.1.5 there), of printable characters. */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The caller's `traceparent` and `tracestate`; undefined where there is none, or none that the specification lets pass. */
export function traceOf(req: IncomingMessage): TraceContext | undefined {
  const traceparent = req.headers["traceparent"];
  if (typeof traceparent !== "string") {
    return undefined;
  }
  const traceId = TRACEPARENT.exec(traceparent)?.[1];
  if (traceId === undefined) {
    return undefined;
  }
  const tracestate = req.headers["tracestate"];
  const isSane = typeof tracestate === "string" && TRACESTATE.test(tracestate);
  return isSane ? { traceId, traceparent, tracestate } : { traceId, traceparent };
}
