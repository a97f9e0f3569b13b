import type { RequestTimings } from "../batching/job-queue.ts";
import { FAILURES, type Failure } from "./failure.ts";
import { Histogram } from "./histogram.ts";

/**
 * Outcome of a prediction request: `success`; `invalid`, the caller's mistake (4xx); `rejected`, not ready or overloaded (503);
 * `error`, the server's failure (500, 504).
 */
export type RequestStatus = "success" | "invalid" | "rejected" | "error";

export const STATUSES: readonly RequestStatus[] = ["success", "invalid", "rejected", "error"];

/** Seconds: from a cached tree model on an idle core to the longest a request may take by default. */
export const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const INFERENCE_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Number and total time of some runs, in seconds. */
interface RunTotals {
  count: number;
  seconds: number;
}

/** The metrics of one version of a model as plain numbers; `families.ts` turns them into samples. */
export class ModelMetrics {
  readonly model: string;
  readonly version: string;
  /** Requests by outcome. */
  readonly requests: Record<RequestStatus, number> = { success: 0, invalid: 0, rejected: 0, error: 0 };
  /** Requests other than `success`, by Triton's reasons. */
  readonly failures: Record<Failure, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  /** Rows predicted. */
  predictions = 0;
  /** Seconds from a request's headers to its response; success and error only. */
  readonly latency = new Histogram(LATENCY_BUCKETS);
  /** Rows of one run. */
  readonly batchSize = new Histogram(BATCH_BUCKETS);
  /** Seconds of one run. */
  readonly inference = new Histogram(INFERENCE_BUCKETS);
  /** Seconds that a request waited for its run (a split request: for its first run). */
  readonly queue = new Histogram(INFERENCE_BUCKETS);
  /** Seconds to read and check a request that has arrived. */
  readonly preprocess = new Histogram(INFERENCE_BUCKETS);
  /** Seconds from entering the queue to the model's outputs. */
  readonly predict = new Histogram(LATENCY_BUCKETS);
  /** Seconds to serialize the response. */
  readonly postprocess = new Histogram(INFERENCE_BUCKETS);
  /** Seconds from headers to response of successful requests, in total. */
  successSeconds = 0;
  /** Seconds until failed requests were answered, in total. */
  failedSeconds = 0;
  /** Microseconds that successful requests waited, in total. */
  successQueueUs = 0;
  /** Microseconds of runs, counted once for each successful request in them. */
  successComputeUs = 0;
  /** Runs by their number of rows, and their time. */
  readonly runsByRows = new Map<number, RunTotals>();
  /** Time of the last run, in milliseconds since 1970; 0 before the first. */
  lastRun = 0;
  /** Returns how many rows and requests wait now. */
  waiting: () => { readonly rows: number; readonly requests: number } = () => ({ rows: 0, requests: 0 });

  constructor(model: string, version: string) {
    this.model = model;
    this.version = version;
  }

  /** Counts one prediction request and the rows predicted for it. */
  request(status: RequestStatus, seconds: number, rows: number): void {
    this.requests[status] += 1;
    if (status === "success" || status === "error") {
      this.latency.observe(seconds);
    }
    if (status === "success") {
      this.successSeconds += seconds;
    }
    this.predictions += rows;
  }

  /** Counts a request that failed. */
  failed(status: Exclude<RequestStatus, "success">, failure: Failure, seconds: number): void {
    this.request(status, seconds, 0);
    this.failures[failure] += 1;
    this.failedSeconds += seconds;
  }

  /** Adds the requests that failed while no version was loaded. */
  add({ requests, failures }: ModelMetrics): void {
    this.requests.rejected += requests.rejected;
    for (const reason of FAILURES) {
      this.failures[reason] += failures[reason];
    }
  }

  /** Records the stages of a successful request, in seconds, and its time in the queue and in runs. */
  stages(preprocess: number, predict: number, postprocess: number, { waitedUs = 0, ranUs = 0 }: RequestTimings): void {
    this.successQueueUs += waitedUs;
    this.successComputeUs += ranUs;
    this.preprocess.observe(preprocess);
    this.predict.observe(predict);
    this.postprocess.observe(postprocess);
  }

  /** Counts one run of the model. */
  ran(rows: number, seconds: number): void {
    this.batchSize.observe(rows);
    this.inference.observe(seconds);
    const totals = this.runsByRows.get(rows) ?? this.#firstRun(rows);
    totals.count += 1;
    totals.seconds += seconds;
    this.lastRun = Date.now();
  }

  #firstRun(rows: number): RunTotals {
    const totals = { count: 0, seconds: 0 };
    this.runsByRows.set(rows, totals);
    return totals;
  }

  /** Counts one wait in the queue. */
  waited(seconds: number): void {
    this.queue.observe(seconds);
  }
}
