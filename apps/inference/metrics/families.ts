import { FAILURES } from "./failure.ts";
import type { Histogram } from "./histogram.ts";
import { type ModelMetrics, STATUSES } from "./model-metrics.ts";

/** One sample of a metric family. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Name of the sample if it differs from the family's, as for a histogram's buckets. @default the family's */
  readonly metricName?: string;
}

/** A metric of every model: its name and meaning, and how its samples are computed for one model. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: (model: ModelMetrics) => Sample[];
}

type Read = (model: ModelMetrics) => number;

const labelsOf = ({ model, version }: ModelMetrics) => ({ model, version });
const MICROSECONDS = 1e6;

function counter(name: string, help: string, read: Read): Family {
  return { name, help, type: "counter", samples: (model) => [{ labels: labelsOf(model), value: read(model) }] };
}

function gauge(name: string, help: string, read: Read): Family {
  return { name, help, type: "gauge", samples: (model) => [{ labels: labelsOf(model), value: read(model) }] };
}

function histogram(name: string, help: string, read: (model: ModelMetrics) => Histogram): Family {
  return { name, help, type: "histogram", samples: (model) => histogramSamples(name, labelsOf(model), read(model)) };
}

/** KServe's own servers label these by `model_name` alone; the version is added, as two may be served at once. */
function kserveHistogram(name: string, help: string, read: (model: ModelMetrics) => Histogram): Family {
  return {
    name,
    help,
    type: "histogram",
    samples: (model) => histogramSamples(name, { model_name: model.model, model_version: model.version }, read(model)),
  };
}

function histogramSamples(name: string, labels: Sample["labels"], { bounds, counts, sum }: Histogram): Sample[] {
  const samples: Sample[] = [];
  let total = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    total += counts[bucket] ?? 0;
    const le = bounds[bucket] ?? "+Inf";
    samples.push({ labels: { ...labels, le }, value: total, metricName: `${name}_bucket` });
  }
  samples.push({ labels, value: sum, metricName: `${name}_sum` });
  samples.push({ labels, value: total, metricName: `${name}_count` });
  return samples;
}

/** The server's own metrics, as its alerts and dashboards use them. */
const OWN: readonly Family[] = [
  {
    name: "model_requests_total",
    help: "Prediction requests by how they ended",
    type: "counter",
    samples: (model) =>
      STATUSES.map((status) => ({ labels: { ...labelsOf(model), status }, value: model.requests[status] })),
  },
  histogram(
    "model_request_latency_seconds",
    "Time from a prediction request's headers to its response; success and error only",
    ({ latency }) => latency,
  ),
  counter("model_predictions_total", "Rows the model has predicted", ({ predictions }) => predictions),
  histogram("model_batch_size", "Rows in one run of the model", ({ batchSize }) => batchSize),
  histogram("model_inference_seconds", "Time of one run of the model", ({ inference }) => inference),
  histogram("model_queue_seconds", "Time a request waited for its run", ({ queue }) => queue),
  gauge("model_queue_depth", "Rows waiting for the model", ({ waiting }) => waiting().rows),
];

/** Metrics by the names of KServe's servers, for existing dashboards. */
const KSERVE: readonly Family[] = [
  kserveHistogram("request_preprocess_seconds", "Time to read and check a request", ({ preprocess }) => preprocess),
  kserveHistogram("request_predict_seconds", "Time from the queue to the model's outputs", ({ predict }) => predict),
  kserveHistogram("request_postprocess_seconds", "Time to serialize a response", ({ postprocess }) => postprocess),
];

/** Metrics by the names of NVIDIA Triton, for existing dashboards, which divide durations by successful requests. */
const TRITON: readonly Family[] = [
  counter("nv_inference_request_success", "Successful inference requests", ({ requests }) => requests.success),
  {
    name: "nv_inference_request_failure",
    help: "Failed inference requests by reason",
    type: "counter",
    samples: (model) =>
      FAILURES.map((reason) => ({ labels: { ...labelsOf(model), reason }, value: model.failures[reason] })),
  },
  counter("nv_inference_count", "Inferences performed, one for each row", ({ predictions }) => predictions),
  counter("nv_inference_exec_count", "Runs of the model, of one row or many", ({ batchSize }) =>
    batchSize.counts.reduce((sum, count) => sum + count, 0),
  ),
  gauge("nv_inference_pending_request_count", "Requests waiting for the model", ({ waiting }) => waiting().requests),
  duration("request", "Time of successful requests, queue included", (of) => of.successSeconds * MICROSECONDS),
  duration("queue", "Time successful requests spent in the queue", (of) => of.successQueueUs),
  duration("compute_input", "Time spent reading successful requests", (of) => of.preprocess.sum * MICROSECONDS),
  duration("compute_infer", "Time successful requests spent in runs of the model", (of) => of.successComputeUs),
  duration("compute_output", "Time spent serializing responses", (of) => of.postprocess.sum * MICROSECONDS),
];

function duration(what: string, help: string, microseconds: Read): Family {
  return counter(`nv_inference_${what}_duration_us`, `${help}, cumulative, in microseconds`, (model) =>
    Math.round(microseconds(model)),
  );
}

/** All metrics of a model. */
export const FAMILIES: readonly Family[] = [...OWN, ...KSERVE, ...TRITON];
