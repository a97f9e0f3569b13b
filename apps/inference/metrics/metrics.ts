import { collectDefaultMetrics, Gauge, type Metric, type Registry } from "prom-client";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { FAMILIES, type Family, type Sample } from "./families.ts";
import { GrpcCalls } from "./grpc-calls.ts";
import { HttpResponses } from "./http-responses.ts";
import { ModelMetrics } from "./model-metrics.ts";

const HTTP_REQUESTS = {
  name: "http_requests_total",
  help: "Responses of the API by method and status code, including those that reached no model",
  type: "counter",
} as const;

const GRPC_CALLS = {
  name: "grpc_server_handled_total",
  help: "gRPC calls by method and status code, including those that reached no model",
  type: "counter",
} as const;

/** The server's metrics, registered in a given registry. */
export class Metrics {
  readonly registry: Registry;
  /** All responses of the API, whether or not they reached a model. */
  readonly responses = new HttpResponses();
  /** All calls of the gRPC API's methods, whether or not they reached a model. */
  readonly grpcCalls = new GrpcCalls();
  readonly #models = new Map<string, ModelMetrics>();
  #early: ModelMetrics | undefined;
  readonly #info: Gauge<"model" | "version" | "framework" | "commit" | "trained_date" | "sha256">;
  readonly #loaded: Gauge;

  /** @param registry Where the metrics are registered; no other `Metrics` may use it. */
  constructor(registry: Registry) {
    const registers = [registry];
    this.registry = registry;
    for (const family of FAMILIES) {
      const samples = () => [...this.#models.values()].flatMap((model) => family.samples(model));
      registry.registerMetric(asMetric(family, samples));
    }
    registry.registerMetric(asMetric(HTTP_REQUESTS, () => this.responses.samples()));
    registry.registerMetric(asMetric(GRPC_CALLS, () => this.grpcCalls.samples()));
    this.#info = new Gauge({
      name: "model_info",
      help: "A loaded version of a model; always 1",
      labelNames: ["model", "version", "framework", "commit", "trained_date", "sha256"],
      registers,
    });
    this.#loaded = new Gauge({
      name: "model_loaded",
      help: "1 once the requested models are loaded and warmed up, 0 before",
      registers,
    });
    collectDefaultMetrics({ register: registry });
  }

  /** The metrics of one version of a model. They start at 0, so that rates include the first request. */
  model(name: string, version: string): ModelMetrics {
    const key = `${name}/${version}`;
    const found = this.#models.get(key) ?? new ModelMetrics(name, version);
    this.#models.set(key, found);
    return found;
  }

  /**
   * The metrics of a model that is not loaded yet, under the version of the settings, which may be `latest`. They are added to
   * those of its first version that is loaded.
   */
  modelToCome(name: string, version: string): ModelMetrics {
    const isNew = !this.#models.has(`${name}/${version}`);
    const found = this.model(name, version);
    if (isNew) {
      this.#early = found;
    }
    return found;
  }

  /** A version has been loaded. */
  modelLoaded(metadata: ModelMetadata): void {
    const early = this.#early;
    if (early?.model === metadata.name && early.version !== metadata.version) {
      this.#models.delete(`${early.model}/${early.version}`);
      this.model(metadata.name, metadata.version).add(early);
    }
    this.#early = undefined;
    this.#info.set(infoLabels(metadata), 1);
  }

  /** A version was published again and replaced: its counters continue. */
  modelReplaced(before: ModelMetadata, after: ModelMetadata): void {
    this.#info.remove(infoLabels(before));
    this.#info.set(infoLabels(after), 1);
  }

  /** A version crashed and is being opened again: its counters continue. */
  modelCrashed(metadata: ModelMetadata): void {
    this.#info.remove(infoLabels(metadata));
  }

  /** A version has been unloaded: its metrics are removed. */
  modelUnloaded(metadata: ModelMetadata): void {
    this.#info.remove(infoLabels(metadata));
    this.#models.delete(`${metadata.name}/${metadata.version}`);
  }

  /** Whether everything that was asked for is served. */
  set ready(isReady: boolean) {
    this.#loaded.set(isReady ? 1 : 0);
  }
}

/** The part of prom-client's `Metric` that its registry uses. */
function asMetric({ name, help, type }: Omit<Family, "samples">, samples: () => Sample[]): Metric {
  const get = async () => ({ name, help, type, aggregator: "sum", values: samples() });
  return { name, help, type, get, reset() {} } as unknown as Metric;
}

function infoLabels(metadata: ModelMetadata) {
  return {
    model: metadata.name,
    version: metadata.version,
    framework: metadata.framework,
    commit: metadata.commit,
    trained_date: metadata.trainedDate,
    sha256: metadata.artifact.sha256,
  };
}
