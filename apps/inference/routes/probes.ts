import type { Route } from "../http/router.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { ModelRepository } from "../repository/model-repository.ts";

/** GET /health: 200 while the process responds. Independent of the model, so that a slow load does not cause a restart. */
export function health(repository: ModelRepository): Route {
  return {
    method: "GET",
    path: "/health",
    open: true,
    handle(ctx) {
      ctx.body = { status: "healthy", ...repository.identity };
    },
  };
}

/** GET /ready: 200 once the models are loaded and warmed up; 503 before, and after SIGTERM. */
export function ready(repository: ModelRepository, lifecycle: Lifecycle): Route {
  return {
    method: "GET",
    path: "/ready",
    open: true,
    handle(ctx) {
      const isReady = repository.ready && !lifecycle.draining;
      ctx.status = isReady ? 200 : 503;
      ctx.body = { status: isReady ? "ready" : "not ready", model_loaded: isReady };
    },
  };
}
