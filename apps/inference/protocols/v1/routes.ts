import type { Context } from "koa";
import type { Route } from "../../http/router.ts";
import { Problem } from "../../http-error.ts";
import { refuse } from "../prediction.ts";
import type { ProtocolDeps } from "../protocol.ts";
import { instancesProtocol } from "./protocol.ts";

/** The protocol of TensorFlow Serving and of KServe's V1: models, their state, and `instances` → `predictions`. */
export function v1({ host, lifecycle, prediction }: ProtocolDeps): Route[] {
  function status(ctx: Context, name: string, version?: string): void {
    const found = host
      .versions(name)
      .filter(({ model }) => (version ?? model.metadata.version) === model.metadata.version);
    if (found.length === 0) {
      refuse(host, name, version);
    }
    const ready = !lifecycle.draining;
    ctx.status = ready ? 200 : 503;
    ctx.body = {
      name,
      ready,
      model_version_status: found.map(({ model }) => stateOf(model.metadata.version)),
    };
  }

  return [
    {
      method: "GET",
      path: "/v1/models",
      handle(ctx) {
        ctx.body = { models: host.names() };
      },
    },
    { method: "GET", path: "/v1/models/{model}", handle: (ctx, [name = ""]) => status(ctx, name), otherwise: noVerb },
    {
      method: "GET",
      path: "/v1/models/{model}/versions/{version}",
      handle: (ctx, [name = "", version]) => status(ctx, name, version),
      otherwise: noVerb,
    },
    prediction.route("/v1/models/{model}:predict", instancesProtocol),
    prediction.route("/v1/models/{model}/versions/{version}:predict", instancesProtocol),
  ];
}

/** The protocol's other verbs, such as `:explain`, are not here. */
function noVerb(parameters: readonly string[]): Problem | undefined {
  const [, verb] = parameters.at(-1)?.split(":") ?? [];
  return verb === undefined ? undefined : new Problem(404, "not_found", `there is no :${verb} here; POST …:predict`);
}

function stateOf(version: string) {
  return { version, state: "AVAILABLE", status: { error_code: "OK", error_message: "" } };
}
