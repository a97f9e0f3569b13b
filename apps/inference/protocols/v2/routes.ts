import type { Context } from "koa";
import { lineageProperties } from "../../../registry/lineage.ts";
import type { Route } from "../../http/router.ts";
import type { Lifecycle } from "../../lifecycle.ts";
import type { ModelRepository } from "../../repository/model-repository.ts";
import { VERSION } from "../../version.ts";
import { throwNotServed } from "../not-served.ts";
import type { Prediction } from "../prediction.ts";
import { inferProtocol } from "./protocol.ts";

/** What the routes need. */
export interface V2Deps {
  readonly repository: ModelRepository;
  readonly lifecycle: Lifecycle;
  readonly prediction: Prediction;
}

const EXTENSIONS = ["binary_tensor_data", "model_repository"];

/**
 * The Open Inference Protocol v2 over REST: health, metadata, inference.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function v2({ repository, lifecycle, prediction }: V2Deps): Route[] {
  const isReady = () => repository.ready && !lifecycle.draining;

  function ready(ctx: Context, name: string, version?: string): void {
    if (repository.find(name, version) === undefined) {
      throwNotServed(repository, name, version);
    }
    const isServing = !lifecycle.draining;
    ctx.status = isServing ? 200 : 503;
    ctx.body = { name, ready: isServing };
  }

  function metadata(ctx: Context, name: string, version?: string): void {
    const served = repository.find(name, version) ?? throwNotServed(repository, name, version);
    const { inputs, outputs } = served.model.metadata.signature;
    const versions = repository.versions(name).map(({ model }) => model.metadata.version);
    const properties = lineageProperties(served.model.metadata);
    ctx.body = { name, versions, platform: "onnxruntime_onnx", inputs, outputs, properties };
  }

  return [
    {
      method: "GET",
      path: "/v2",
      handle(ctx) {
        ctx.body = { name: "ml-platform-inference", version: VERSION, extensions: EXTENSIONS };
      },
    },
    {
      method: "GET",
      path: "/v2/health/live",
      open: true,
      handle(ctx) {
        ctx.body = { live: true };
      },
    },
    {
      method: "GET",
      path: "/v2/health/ready",
      open: true,
      handle(ctx) {
        ctx.status = isReady() ? 200 : 503;
        ctx.body = { ready: isReady() };
      },
    },
    {
      method: "GET",
      path: "/v2/models",
      handle(ctx) {
        ctx.body = { models: repository.names() };
      },
    },
    { method: "GET", path: "/v2/models/{model}", handle: (ctx, [name = ""]) => metadata(ctx, name) },
    {
      method: "GET",
      path: "/v2/models/{model}/versions/{version}",
      handle: (ctx, [name = "", version]) => metadata(ctx, name, version),
    },
    { method: "GET", path: "/v2/models/{model}/ready", open: true, handle: (ctx, [name = ""]) => ready(ctx, name) },
    {
      method: "GET",
      path: "/v2/models/{model}/versions/{version}/ready",
      open: true,
      handle: (ctx, [name = "", version]) => ready(ctx, name, version),
    },
    prediction.route("/v2/models/{model}/infer", inferProtocol),
    prediction.route("/v2/models/{model}/versions/{version}/infer", inferProtocol),
  ];
}
