import type { Route } from "../http/router.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { ModelHost } from "../repository/model-repository.ts";

/** GET /health: the process answers. It says nothing of the model, so that a slow load is not answered by a restart. */
export function health(host: ModelHost): Route {
  return {
    method: "GET",
    path: "/health",
    open: true,
    handle(ctx) {
      ctx.body = { status: "healthy", ...host.identity };
    },
  };
}

/** GET /ready: 200 once the model has answered its warm-up; 503 before, and from SIGTERM on. */
export function ready(host: ModelHost, lifecycle: Lifecycle): Route {
  return {
    method: "GET",
    path: "/ready",
    open: true,
    handle(ctx) {
      const isReady = host.ready && !lifecycle.draining;
      ctx.status = isReady ? 200 : 503;
      ctx.body = { status: isReady ? "ready" : "not ready", model_loaded: isReady };
    },
  };
}
