import Koa, { type Context } from "koa";
import type { BatchingState } from "./batching/state.ts";
import { apiKeyCheck } from "./http/api-key.ts";
import { MemoryBudget } from "./http/body/memory-budget.ts";
import type { BodyLimits } from "./http/body/read-body.ts";
import type { Deadlines } from "./http/deadlines.ts";
import { listener } from "./http/listener.ts";
import { requestMiddleware } from "./http/request-middleware.ts";
import { jsonSender } from "./http/response.ts";
import { routeFinder, router, templateOf } from "./http/router.ts";
import type { Handle } from "./http/sheddable.ts";
import { shedding } from "./http/shedding.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { predict } from "./protocols/predict/routes.ts";
import { Prediction } from "./protocols/prediction.ts";
import { v1 } from "./protocols/v1/routes.ts";
import { v2 } from "./protocols/v2/routes.ts";
import type { ModelRepository } from "./repository/model-repository.ts";
import { docs } from "./routes/docs.ts";
import { load } from "./routes/load.ts";
import { metrics as metricsRoute } from "./routes/metrics.ts";
import { models } from "./routes/models.ts";
import { health, ready } from "./routes/probes.ts";
import { repositoryRoutes } from "./routes/repository.ts";
import type { Settings } from "./settings.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/** Everything that the application works with; it creates none of it and does not listen. */
export interface AppDeps {
  readonly settings: Settings;
  readonly repository: ModelRepository;
  /** The state that the repository's batchers share. */
  readonly batching: BatchingState;
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  /** Memory for the inputs of long requests until they are answered. */
  readonly waiting: MemoryBudget;
  /** Creates a span for every request. @default no spans */
  readonly tracing?: Tracing | undefined;
}

/**
 * Memory for bodies that are being received, and as much for long requests that wait: 64 MiB, or the longest body if that is
 * more.
 */
const BODIES_BYTES = 64 * 1024 * 1024;

/** The memory for the inputs of long requests until they are answered, which all APIs share. */
export function waitingBudget({ maxBodyBytes }: Pick<Settings, "maxBodyBytes">): MemoryBudget {
  return new MemoryBudget(Math.max(BODIES_BYTES, maxBodyBytes), "too many long requests are waiting for their models");
}

/** The inference API: probes, predictions by model and by protocol, the registry, metrics. */
export function createApp(deps: AppDeps): Handle {
  const { settings, repository, batching, deadlines, metrics, lifecycle, logger, waiting, tracing } = deps;
  const app = base(logger);
  const limits: BodyLimits = {
    maxBytes: settings.maxBodyBytes,
    timeoutMs: settings.requestTimeoutMs,
    budget: new MemoryBudget(
      Math.max(BODIES_BYTES, settings.maxBodyBytes),
      "too many long requests are arriving at once",
    ),
    deadlines,
  };
  const prediction = new Prediction({
    ...{ repository, metrics, limits, deadlines, send: jsonSender(lifecycle), memory: batching.memory },
    ...{ maxRows: settings.maxQueueSize, timeoutMs: settings.requestTimeoutMs },
    waiting,
  });
  const find = routeFinder([
    health(repository),
    ready(repository, lifecycle),
    ...predict(prediction),
    ...v1({ repository, lifecycle, prediction }),
    ...v2({ repository, lifecycle, prediction, settings }),
    ...repositoryRoutes({ repository, settings, limits }),
    models(settings.modelDirectory),
    metricsRoute(metrics.registry),
    ...(settings.loadEndpoint ? [load()] : []),
    ...(settings.docsEndpoint ? docs({ repository, settings }) : []),
  ]);
  const authorize = apiKeyCheck(settings.apiKey);
  const { responses } = metrics;
  const { overload } = batching;
  const beginSpan = tracing && ((ctx: Context) => tracing.begin(ctx, templateOf(find(ctx.path))));
  app.use(requestMiddleware(lifecycle, logger, { responses, beginSpan }));
  app.use(router(find, authorize));
  // A span needs a context, so with tracing no request is rejected before it has one.
  const shed =
    tracing === undefined ? shedding({ find, authorize, overload, lifecycle, responses, logger }) : undefined;
  return listener(app, logger, shed);
}

/** /metrics alone, for a port that only Prometheus reaches. */
export function createMetricsApp({
  metrics,
  lifecycle,
  logger,
}: Pick<AppDeps, "metrics" | "lifecycle" | "logger">): Handle {
  const app = base(logger);
  app.use(requestMiddleware(lifecycle, logger));
  app.use(router(routeFinder([metricsRoute(metrics.registry)]), () => undefined));
  return listener(app, logger);
}

function base(logger: Logger): Koa {
  const app = new Koa({ env: "production" });
  app.silent = true;
  // Emitted if a response fails while it is written, usually because the client disconnected.
  app.on("error", (error: unknown) => logger.debug({ error }, "connection failed"));
  return app;
}
