import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from "prom-client";
import type { ModelMetadata } from "../registry/metadata.ts";

/**
 * How a prediction request ended: `success`; `invalid`, the caller's mistake (4xx); `rejected`, not ready or overloaded
 * (503); `error`, ours (500, 504).
 */
export type RequestStatus = "success" | "invalid" | "rejected" | "error";

const STATUSES: readonly RequestStatus[] = ["success", "invalid", "rejected", "error"];

/** Seconds: from a cached tree model on an idle core to the longest a request may take by default. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const INFERENCE_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** The server's metrics, registered in the registry that is handed in. */
export class Metrics {
  readonly registry: Registry;
  readonly #requests: Counter<"model" | "version" | "status">;
  readonly #latency: Histogram<"model" | "version">;
  readonly #predictions: Counter<"model" | "version">;
  readonly #batchSize: Histogram<"model" | "version">;
  readonly #inference: Histogram<"model" | "version">;
  readonly #info: Gauge<"model" | "version" | "framework" | "commit" | "trained_date" | "sha256">;
  readonly #loaded: Gauge;
  #labels: { model: string; version: string };

  /**
   * @param registry Where the metrics are registered; no other `Metrics` may use it.
   * @param model Label until a model is loaded.
   * @param version Label until a model is loaded, such as `latest`.
   * @param queueDepth Reads how many rows wait at this moment.
   */
  constructor(registry: Registry, model: string, version: string, queueDepth: () => number) {
    const registers = [registry];
    const labelNames = ["model", "version"] as const;
    this.registry = registry;
    this.#labels = { model, version };
    this.#requests = new Counter({
      name: "model_requests_total",
      help: "Prediction requests by how they ended",
      labelNames: [...labelNames, "status"],
      registers,
    });
    this.#latency = new Histogram({
      name: "model_request_latency_seconds",
      help: "Time from a prediction request's headers to its answer; success and error only",
      labelNames,
      buckets: LATENCY_BUCKETS,
      registers,
    });
    this.#predictions = new Counter({
      name: "model_predictions_total",
      help: "Rows the model has answered",
      labelNames,
      registers,
    });
    this.#batchSize = new Histogram({
      name: "model_batch_size",
      help: "Rows in one run of the model",
      labelNames,
      buckets: BATCH_BUCKETS,
      registers,
    });
    this.#inference = new Histogram({
      name: "model_inference_seconds",
      help: "Time of one run of the model",
      labelNames,
      buckets: INFERENCE_BUCKETS,
      registers,
    });
    this.#info = new Gauge({
      name: "model_info",
      help: "The loaded model; always 1",
      labelNames: [...labelNames, "framework", "commit", "trained_date", "sha256"],
      registers,
    });
    this.#loaded = new Gauge({
      name: "model_loaded",
      help: "1 once the model has answered its warm-up, 0 before",
      registers,
    });
    const labels = () => this.#labels;
    new Gauge({
      name: "model_queue_depth",
      help: "Rows waiting for the model",
      labelNames,
      registers,
      collect() {
        this.reset();
        this.set(labels(), queueDepth());
      },
    });
    collectDefaultMetrics({ register: registry });
  }

  /** Takes the model's own name and version as labels, and starts its counters at 0 so that rates begin at the first request. */
  modelLoaded(metadata: ModelMetadata): void {
    const labels = { model: metadata.name, version: metadata.version };
    this.#labels = labels;
    for (const status of STATUSES) {
      this.#requests.inc({ ...labels, status }, 0);
    }
    this.#predictions.inc(labels, 0);
    this.#latency.zero(labels);
    this.#batchSize.zero(labels);
    this.#inference.zero(labels);
    this.#info.set(
      {
        ...labels,
        framework: metadata.framework,
        commit: metadata.commit,
        trained_date: metadata.trainedDate,
        sha256: metadata.artefact.sha256,
      },
      1,
    );
    this.#loaded.set(1);
  }

  /** Counts one prediction request; `rows` are those it was answered. */
  request(status: RequestStatus, seconds: number, rows: number): void {
    this.#requests.inc({ ...this.#labels, status });
    if (status === "success" || status === "error") {
      this.#latency.observe(this.#labels, seconds);
    }
    if (rows > 0) {
      this.#predictions.inc(this.#labels, rows);
    }
  }

  /** Counts one run of the model. */
  run(rows: number, seconds: number): void {
    this.#batchSize.observe(this.#labels, rows);
    this.#inference.observe(this.#labels, seconds);
  }
}
