import { lineageProperties } from "../../registry/lineage.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { throwNotServed } from "../protocols/not-served.ts";
import { modelConfig, PLATFORM } from "../protocols/v2/model-config.ts";
import { EXTENSIONS } from "../protocols/v2/routes.ts";
import { statisticsOf } from "../protocols/v2/statistics.ts";
import type { ModelRepository } from "../repository/model-repository.ts";
import type { Settings } from "../settings.ts";
import { VERSION } from "../version.ts";

/** What the methods need. */
export interface ServiceDeps {
  readonly repository: ModelRepository;
  readonly lifecycle: Lifecycle;
  readonly settings: Pick<Settings, "maxBatchSize">;
}

/** Names a model, and a version of it; "" for the newest that is served. */
export interface ModelRequest {
  readonly name: string;
  readonly version: string;
}

/** The methods of the Open Inference Protocol other than inference, as in `inference.proto`. They throw HttpError. */
export function services({ repository, lifecycle, settings }: ServiceDeps) {
  const isReady = () => repository.ready && !lifecycle.draining;
  const find = ({ name, version }: ModelRequest) => {
    const wanted = version === "" ? undefined : version;
    return repository.find(name, wanted) ?? throwNotServed(repository, name, wanted);
  };
  const versionsOf = (name: string) => repository.versions(name).map(({ model }) => model.metadata.version);
  return {
    isReady,
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: isReady() }),
    ModelReady: ({ name, version }: ModelRequest) => ({
      ready: repository.find(name, version === "" ? undefined : version) !== undefined && !lifecycle.draining,
    }),
    ServerMetadata: () => ({
      name: "ml-platform-inference",
      version: VERSION,
      extensions: EXTENSIONS.filter((extension) => !HTTP_ONLY.has(extension)),
    }),
    ModelMetadata(request: ModelRequest) {
      const { metadata } = find(request).model;
      const { inputs, outputs } = metadata.signature;
      const versions = versionsOf(request.name);
      return {
        name: request.name,
        versions,
        platform: PLATFORM,
        inputs,
        outputs,
        properties: lineageProperties(metadata),
      };
    },
    ModelConfig: (request: ModelRequest) => ({
      config: modelConfig(find(request).model, versionsOf(request.name), settings.maxBatchSize),
    }),
    ModelStatistics({ name, version }: ModelRequest) {
      if (name !== "") {
        find({ name, version });
      }
      const found = (name === "" ? repository.all() : repository.versions(name)).filter(
        ({ model }) => version === "" || model.metadata.version === version,
      );
      return { model_stats: found.map(({ metrics }) => statisticsOf(metrics)) };
    },
  };
}

/** Extensions of the protocol that only its HTTP form has. */
const HTTP_ONLY = new Set(["binary_tensor_data", "model_repository"]);
