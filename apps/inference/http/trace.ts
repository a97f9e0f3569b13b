import type { IncomingMessage } from "node:http";

/** The caller's trace context (https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 hexadecimal digits, the same for the whole trace. */
  readonly traceId: string;
  /** The header as it was received, to be passed on. */
  readonly traceparent: string;
  /** Vendor-specific data, passed on as it was received; undefined if there is none. */
  readonly tracestate?: string;
}

/** Version 00 of the specification has 55 characters; later versions begin alike and may be longer. */
const TRACEPARENT =
  /^(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,128})?$/;

/** Printable characters, up to the length that must be passed on (section 3.3.1.5 of the specification). */
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The caller's `traceparent` and `tracestate`; undefined if there is none, or it is invalid. */
export function traceOf(req: Pick<IncomingMessage, "headers">): TraceContext | undefined {
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
