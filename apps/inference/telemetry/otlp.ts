import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Context as TraceScope,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Context } from "koa";
import type { TraceContext } from "../http/trace.ts";
import type { Logger } from "../logger.ts";
import { Delivery } from "./delivery.ts";
import type { Tracing } from "./tracing.ts";

/** How long the last spans may take to be sent, in milliseconds: a collector that is away must not hold the process. */
const CLOSE_MS = 5000;
/** What they get where there is no time left or the collector is known to be away: enough for one that is well. */
const LEAST_MS = 100;
/** Spans that wait at most, by the specification, where OTEL_BSP_MAX_QUEUE_SIZE does not say otherwise. */
const MAX_WAITING = 2048;

/**
 * Sends a span for every request to an OpenTelemetry collector, by OTLP over HTTP. This module and all that it loads are
 * imported only where that is asked for. What its settings do not say it takes from the standard's OTEL_… variables.
 *
 * @param url Where spans are posted, such as `http://collector:4318/v1/traces`.
 * @param serviceName What the spans' service is called. @default what OTEL_RESOURCE_ATTRIBUTES say, or `inference`
 */
export function otlpTracing(url: string, serviceName: string | undefined, logger: Logger): Tracing {
  const maxQueueSize = Number(process.env["OTEL_BSP_MAX_QUEUE_SIZE"]) || MAX_WAITING;
  const delivery = new Delivery(new OTLPTraceExporter({ url }), logger, new URL(url).origin, maxQueueSize);
  const processor = new BatchSpanProcessor(delivery, { maxQueueSize });
  const provider = new BasicTracerProvider({ resource: resourceOf(serviceName), spanProcessors: [processor] });
  const tracer = provider.getTracer("inference");
  let giveUpAt = Number.POSITIVE_INFINITY;
  return {
    begin(ctx, route) {
      // By its route alone: whoever asks for made-up paths must not make up names of spans.
      const name = route === undefined ? ctx.method : `${ctx.method} ${route}`;
      const attributes = {
        "http.request.method": ctx.method,
        "url.path": ctx.path,
        "url.scheme": "http",
        ...(route === undefined ? {} : { "http.route": route }),
      };
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parentOf(ctx));
      const { traceId, spanId, traceFlags } = span.spanContext();
      const flags = traceFlags.toString(16).padStart(2, "0");
      const caller: TraceContext | undefined = ctx.state["trace"];
      const own: TraceContext = { ...caller, traceId, traceparent: `00-${traceId}-${spanId}-${flags}` };
      ctx.state["trace"] = own;
      return () => {
        if ((traceFlags & TraceFlags.SAMPLED) === 0 || !delivery.admit()) {
          return;
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
    flush() {
      giveUpAt = performance.now() + CLOSE_MS;
      const sent = processor.forceFlush().then(() => delivery.forceFlush());
      sent
        .then(() => {
          giveUpAt = Number.POSITIVE_INFINITY;
        })
        .catch(() => {});
    },
    async close(deadline, hurry) {
      const now = performance.now();
      const until = delivery.isFailing ? now : Math.min(now + CLOSE_MS, giveUpAt, deadline);
      const sent = processor.shutdown().catch(() => {});
      await Promise.race([sent, pause(Math.max(LEAST_MS, until - now)), hurried(hurry)]);
      delivery.end();
    },
  };
}

/** Whoever the process is by the environment; `inference` where nobody says. */
function resourceOf(serviceName: string | undefined): Resource {
  const named = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "inference" }))
    .merge(detectResources({ detectors: [envDetector] }));
  return serviceName === undefined ? named : named.merge(resourceFromAttributes({ "service.name": serviceName }));
}

function pause(milliseconds: number): Promise<void> {
  return sleep(milliseconds, undefined, { ref: false });
}

async function hurried(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) {
    await once(signal, "abort");
  }
  await pause(LEAST_MS);
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
