import type { Registry } from "prom-client";
import type { Route } from "../http/router.ts";

/** GET /metrics: all metrics of the registry, in Prometheus' text format. */
export function metrics(registry: Registry): Route {
  return {
    method: "GET",
    path: "/metrics",
    open: true,
    async handle(ctx) {
      ctx.set("Content-Type", registry.contentType);
      ctx.body = await registry.metrics();
    },
  };
}
