import Koa, { type Context } from "koa";
import { apiKeyCheck } from "./http/api-key.ts";
import { listener } from "./http/listener.ts";
import { exchange } from "./http/request-middleware.ts";
import { jsonAnswers } from "./http/response.ts";
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
import type { ModelHost } from "./repository/model-repository.ts";
import { docs } from "./routes/docs.ts";
import { load } from "./routes/load.ts";
import { metrics as metricsRoute } from "./routes/metrics.ts";
import { models } from "./routes/models.ts";
import { health, ready } from "./routes/probes.ts";
import { repository } from "./routes/repository.ts";
import type { Settings } from "./settings.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/** Everything the application works with; it makes nothing of its own and listens nowhere. */
export interface AppDeps {
  readonly settings: Settings;
  readonly host: ModelHost;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
  /** Makes a span of every request. @default none */
  readonly tracing?: Tracing | undefined;
}

/** The inference API: probes, predictions by model and by protocol, the registry, metrics. */
export function createApp({ settings, host, metrics, lifecycle, logger, tracing }: AppDeps): Handle {
  const app = base(logger);
  const prediction = new Prediction({ host, metrics, settings, answer: jsonAnswers(lifecycle) });
  const find = routeFinder([
    health(host),
    ready(host, lifecycle),
    ...predict(prediction),
    ...v1({ host, lifecycle, prediction }),
    ...v2({ host, lifecycle, prediction }),
    ...repository({ host, settings, limits: prediction.limits }),
    models(settings.modelDirectory),
    metricsRoute(metrics.registry),
    ...(settings.loadEndpoint ? [load()] : []),
    ...(settings.docsEndpoint ? docs({ host, settings }) : []),
  ]);
  const authorize = apiKeyCheck(settings.apiKey);
  const { responses } = metrics;
  const beginSpan = tracing && ((ctx: Context) => tracing.begin(ctx, templateOf(find(ctx.path))));
  app.use(exchange(lifecycle, logger, { responses, beginSpan }));
  app.use(router(find, authorize));
  // A span is made of a context, so where there are spans nothing is refused without one.
  const shed = tracing === undefined ? shedding({ find, authorize, lifecycle, responses, logger }) : undefined;
  return listener(app, logger, shed);
}

/** /metrics alone, for a port that only Prometheus reaches. */
export function createMetricsApp({
  metrics,
  lifecycle,
  logger,
}: Pick<AppDeps, "metrics" | "lifecycle" | "logger">): Handle {
  const app = base(logger);
  app.use(exchange(lifecycle, logger));
  app.use(router(routeFinder([metricsRoute(metrics.registry)]), () => undefined));
  return listener(app, logger);
}

function base(logger: Logger): Koa {
  const app = new Koa({ env: "production" });
  app.silent = true;
  // What reaches this event broke while an answer was being written: most often the client left.
  app.on("error", (error: unknown) => logger.debug({ error }, "connection failed"));
  return app;
}
