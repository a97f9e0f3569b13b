import type { Route } from "../http/router.ts";
import type { ModelHost } from "../model/host.ts";
import { type Prediction, refuse } from "../prediction.ts";
import { instancesProtocol } from "../v1/protocol.ts";

/** The protocol of TensorFlow Serving and of KServe's V1: models, their state, and `instances` → `predictions`. */
export function v1(host: ModelHost, prediction: Prediction): Route[] {
  return [
    {
      method: "GET",
      path: "/v1/models",
      handle(ctx) {
        ctx.body = { models: [...new Set(host.all().map(({ model }) => model.metadata.name))] };
      },
    },
    {
      method: "GET",
      path: "/v1/models/{model}",
      handle(ctx, [name = ""]) {
        const versions = host.versions(name);
        if (versions.length === 0) {
          refuse(host, name, undefined);
        }
        ctx.body = {
          name,
          ready: true,
          model_version_status: versions.map(({ model }) => state(model.metadata.version)),
        };
      },
    },
    {
      method: "POST",
      path: "/v1/models/{model}:predict",
      handle: (ctx, [name = ""]) => prediction.answer(ctx, instancesProtocol, name),
    },
    {
      method: "POST",
      path: "/v1/models/{model}/versions/{version}:predict",
      handle: (ctx, [name = "", version]) => prediction.answer(ctx, instancesProtocol, name, version),
    },
  ];
}

function state(version: string) {
  return { version, state: "AVAILABLE", status: { error_code: "OK", error_message: "" } };
}
