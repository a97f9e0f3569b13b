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
import { LoggingExporter } from "./logging-exporter.ts";
import type { Tracing } from "./tracing.ts";

/** How long sending the last spans may take, in milliseconds: an unreachable collector must not keep the process running. */
const CLOSE_MS = 5000;
/** The same if no time is left or the collector is known to be unreachable: enough for a healthy one. */
const LEAST_MS = 100;
/** Most spans that wait, unless OTEL_BSP_MAX_QUEUE_SIZE is set; the specification's default. */
const MAX_WAITING = 2048;

/**
 * Sends a span for every request to an OpenTelemetry collector, by OTLP over HTTP. This module and its dependencies are loaded
 * only if tracing is configured. Everything but the parameters comes from the standard's OTEL_… variables.
 *
 * @param url URL that spans are posted to, such as `http://collector:4318/v1/traces`.
 * @param serviceName Service name of the spans. @default the one in OTEL_RESOURCE_ATTRIBUTES, or `inference`
 */
export function otlpTracing(url: string, serviceName: string | undefined, logger: Logger): Tracing {
  const maxQueueSize = Number(process.env["OTEL_BSP_MAX_QUEUE_SIZE"]) || MAX_WAITING;
  const exporter = new LoggingExporter(new OTLPTraceExporter({ url }), logger, new URL(url).origin, maxQueueSize);
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize });
  const provider = new BasicTracerProvider({ resource: resourceOf(serviceName), spanProcessors: [processor] });
  const tracer = provider.getTracer("inference");
  let giveUpAt = Number.POSITIVE_INFINITY;
  return {
    begin(ctx, route) {
      // Named by the route, not the path: callers must not create span names by inventing paths.
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
        if ((traceFlags & TraceFlags.SAMPLED) === 0 || !exporter.admit()) {
          return;
        }
        span.setAttributes({
          "http.response.status_code": ctx.status,
          "request.id": ctx.state["requestId"],
          ...(ctx.state["errorCode"] === undefined ? {} : { "error.type": ctx.state["errorCode"] }),
        });
        if (ctx.status >= 500) {
          span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
      };
    },
    flush() {
      giveUpAt = performance.now() + CLOSE_MS;
      const sent = processor.forceFlush().then(() => exporter.forceFlush());
      sent
        .then(() => {
          giveUpAt = Number.POSITIVE_INFINITY;
        })
        .catch(() => {});
    },
    async close(deadline, skip) {
      const now = performance.now();
      const until = exporter.isFailing ? now : Math.min(now + CLOSE_MS, giveUpAt, deadline);
      const sent = processor.shutdown().catch(() => {});
      await Promise.race([sent, pause(Math.max(LEAST_MS, until - now)), skipped(skip)]);
      exporter.end();
    },
  };
}

/** The resource of the environment's variables; its service name defaults to `inference`. */
function resourceOf(serviceName: string | undefined): Resource {
  const named = defaultResource()
    .merge(resourceFromAttributes({ "service.name": "inference" }))
    .merge(detectResources({ detectors: [envDetector] }));
  return serviceName === undefined ? named : named.merge(resourceFromAttributes({ "service.name": serviceName }));
}

function pause(milliseconds: number): Promise<void> {
  return sleep(milliseconds, undefined, { ref: false });
}

async function skipped(signal: AbortSignal): Promise<void> {
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
