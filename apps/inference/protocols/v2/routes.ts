import type { Context } from "koa";
import { lineageProperties } from "../../../registry/lineage.ts";
import type { Route } from "../../http/router.ts";
import type { Lifecycle } from "../../lifecycle.ts";
import type { ModelRepository } from "../../repository/model-repository.ts";
import type { ServedModel } from "../../repository/served-model.ts";
import type { Settings } from "../../settings.ts";
import { VERSION } from "../../version.ts";
import { throwNotServed } from "../not-served.ts";
import type { Prediction } from "../prediction.ts";
import { describedOutputs } from "./metadata.ts";
import { modelConfig, PLATFORM } from "./model-config.ts";
import { inferProtocol } from "./protocol.ts";
import { statisticsOf } from "./statistics.ts";

/** What the routes need. */
export interface V2Deps {
  readonly repository: ModelRepository;
  readonly lifecycle: Lifecycle;
  readonly prediction: Prediction;
  readonly settings: Pick<Settings, "maxBatchSize">;
}

/** The extensions of the protocol that are supported. */
export const EXTENSIONS = [
  "binary_tensor_data",
  "classification",
  "model_configuration",
  "model_repository",
  "statistics",
];

/**
 * The Open Inference Protocol v2 over REST: health, metadata, inference, and Triton's configuration and statistics.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 */
export function v2({ repository, lifecycle, prediction, settings }: V2Deps): Route[] {
  const isReady = () => repository.ready && !lifecycle.draining;

  function find(name: string, version?: string): ServedModel {
    return repository.find(name, version) ?? throwNotServed(repository, name, version);
  }

  function versionsOf(name: string): string[] {
    return repository.versions(name).map(({ model }) => model.metadata.version);
  }

  function ready(ctx: Context, name: string, version?: string): void {
    find(name, version);
    const isServing = !lifecycle.draining;
    ctx.status = isServing ? 200 : 503;
    ctx.body = { name, ready: isServing };
  }

  function metadata(ctx: Context, name: string, version?: string): void {
    const { metadata } = find(name, version).model;
    const { inputs } = metadata.signature;
    const outputs = describedOutputs(metadata.signature);
    const properties = lineageProperties(metadata);
    ctx.body = { name, versions: versionsOf(name), platform: PLATFORM, inputs, outputs, properties };
  }

  function config(ctx: Context, name: string, version?: string): void {
    ctx.body = modelConfig(find(name, version).model, versionsOf(name), settings.maxBatchSize);
  }

  /** @param name @default all models @param version @default all versions */
  function statistics(ctx: Context, name?: string, version?: string): void {
    if (name !== undefined) {
      find(name, version);
    }
    const versions = name === undefined ? repository.all() : repository.versions(name);
    const found = versions.filter(({ model }) => version === undefined || model.metadata.version === version);
    ctx.body = { model_stats: found.map(({ metrics }) => statisticsOf(metrics)) };
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
    { method: "GET", path: "/v2/models/{model}/config", handle: (ctx, [name = ""]) => config(ctx, name) },
    {
      method: "GET",
      path: "/v2/models/{model}/versions/{version}/config",
      handle: (ctx, [name = "", version]) => config(ctx, name, version),
    },
    {
      method: "GET",
      path: "/v2/models/stats",
      // Also the path of the metadata of a model of that name.
      handle: (ctx) => (repository.find("stats") === undefined ? statistics(ctx) : metadata(ctx, "stats")),
    },
    { method: "GET", path: "/v2/models/{model}/stats", handle: (ctx, [name]) => statistics(ctx, name) },
    {
      method: "GET",
      path: "/v2/models/{model}/versions/{version}/stats",
      handle: (ctx, [name, version]) => statistics(ctx, name, version),
    },
    prediction.route("/v2/models/{model}/infer", inferProtocol),
    prediction.route("/v2/models/{model}/versions/{version}/infer", inferProtocol),
  ];
}
