import { setTimeout as sleep } from "node:timers/promises";
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Context as TraceScope,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Context } from "koa";
import type { TraceContext } from "../http/trace.ts";
import type { Tracing } from "./tracing.ts";

/** How long the last spans may take to be sent, in milliseconds: a collector that is away must not hold the process. */
const CLOSE_MS = 5000;

/**
 * Sends a span for every request to an OpenTelemetry collector, by OTLP over HTTP. This module and all that it loads are
 * imported only where that is asked for.
 *
 * @param endpoint Base URL of the collector, such as `http://collector:4318`.
 * @param serviceName What the spans' service is called.
 */
export function otlpTracing(endpoint: string, serviceName: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": serviceName }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("inference");
  return {
    begin(ctx) {
      const attributes = { "http.request.method": ctx.method, "url.path": ctx.path };
      const span = tracer.startSpan(ctx.method, { kind: SpanKind.SERVER, attributes }, parentOf(ctx));
      const { traceId, spanId, traceFlags } = span.spanContext();
      const flags = traceFlags.toString(16).padStart(2, "0");
      const caller: TraceContext | undefined = ctx.state["trace"];
      const own: TraceContext = { ...caller, traceId, traceparent: `00-${traceId}-${spanId}-${flags}` };
      ctx.state["trace"] = own;
      return () => {
        // Not before: whoever asks for made-up paths must not make up names of spans.
        if (ctx.status !== 404) {
          span.updateName(`${ctx.method} ${ctx.path}`);
        }
        span.setAttributes({
          "http.response.status_code": ctx.status,
          "request.id": ctx.state["requestId"],
          ...(ctx.state["problem"] === undefined ? {} : { "error.type": ctx.state["problem"] }),
        });
        if (ctx.status >= 500) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      };
    },
    async close() {
      await Promise.race([provider.shutdown().catch(() => {}), sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

function parentOf(ctx: Context): TraceScope {
  const caller: TraceContext | undefined = ctx.state["trace"];
  const [, traceId, spanId, flags] = caller?.traceparent.split("-") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) {
    return ROOT_CONTEXT;
  }
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(caller?.tracestate === undefined ? {} : { traceState: createTraceState(caller.tracestate) }),
  });
}
