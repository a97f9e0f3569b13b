import type { Context } from "koa";
import type { Route } from "../../http/router.ts";
import { HttpError } from "../../http-error.ts";
import type { Lifecycle } from "../../lifecycle.ts";
import type { ModelRepository } from "../../repository/model-repository.ts";
import { throwNotServed } from "../not-served.ts";
import type { Prediction } from "../prediction.ts";
import { v1Protocol } from "./protocol.ts";

/** What the routes need. */
export interface V1Deps {
  readonly repository: ModelRepository;
  readonly lifecycle: Lifecycle;
  readonly prediction: Prediction;
}

/** The V1 protocol of TensorFlow Serving and KServe: models, their state, and predictions by row or by column. */
export function v1({ repository, lifecycle, prediction }: V1Deps): Route[] {
  function status(ctx: Context, name: string, version?: string): void {
    const found = repository
      .versions(name)
      .filter(({ model }) => (version ?? model.metadata.version) === model.metadata.version);
    if (found.length === 0) {
      throwNotServed(repository, name, version);
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
        ctx.body = { models: repository.names() };
      },
    },
    {
      method: "GET",
      path: "/v1/models/{model}",
      handle: (ctx, [name = ""]) => status(ctx, name),
      otherwise: unknownVerb,
    },
    {
      method: "GET",
      path: "/v1/models/{model}/versions/{version}",
      handle: (ctx, [name = "", version]) => status(ctx, name, version),
      otherwise: unknownVerb,
    },
    prediction.route("/v1/models/{model}:predict", v1Protocol),
    prediction.route("/v1/models/{model}/versions/{version}:predict", v1Protocol),
  ];
}

/** 404 for the protocol's other verbs, such as `:explain`. */
function unknownVerb(parameters: readonly string[]): HttpError | undefined {
  const [, verb] = parameters.at(-1)?.split(":") ?? [];
  return verb === undefined ? undefined : new HttpError(404, "not_found", `there is no :${verb} here; POST …:predict`);
}

function stateOf(version: string) {
  return { version, state: "AVAILABLE", status: { error_code: "OK", error_message: "" } };
}
