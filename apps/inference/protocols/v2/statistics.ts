import type { ModelMetrics } from "../../metrics/model-metrics.ts";

/** How often something happened, and how long it took in total, in nanoseconds. */
interface Duration {
  readonly count: number;
  readonly ns: number;
}

const NOTHING: Duration = { count: 0, ns: 0 };

/** Triton's statistics of one version of a model. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Time of the last run, in milliseconds since 1970; 0 before the first. */
  readonly last_inference: number;
  /** Rows predicted. */
  readonly inference_count: number;
  /** Runs of the model. */
  readonly execution_count: number;
  readonly inference_stats: Readonly<Record<string, Duration>>;
  /** Runs by their number of rows. */
  readonly batch_stats: readonly { readonly batch_size: number; readonly compute_infer: Duration }[];
}

/**
 * Statistics of one version as Triton's clients expect them. The stages count successful requests only, as Triton's do.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export function statisticsOf(metrics: ModelMetrics): ModelStatistics {
  const { success, invalid, rejected, error } = metrics.requests;
  const stage = (seconds: number): Duration => ({ count: success, ns: nanoseconds(seconds) });
  const runs = [...metrics.runsByRows].sort(([a], [b]) => a - b);
  return {
    name: metrics.model,
    version: metrics.version,
    last_inference: metrics.lastRun,
    inference_count: metrics.predictions,
    execution_count: runs.reduce((sum, [, { count }]) => sum + count, 0),
    inference_stats: {
      success: stage(metrics.successSeconds),
      fail: { count: invalid + rejected + error, ns: nanoseconds(metrics.failedSeconds) },
      queue: stage(metrics.successQueueUs / 1e6),
      compute_input: stage(metrics.preprocess.sum),
      compute_infer: stage(metrics.successComputeUs / 1e6),
      compute_output: stage(metrics.postprocess.sum),
      cache_hit: NOTHING,
      cache_miss: NOTHING,
    },
    batch_stats: runs.map(([rows, { count, seconds }]) => ({
      batch_size: rows,
      compute_infer: { count, ns: nanoseconds(seconds) },
    })),
  };
}

function nanoseconds(seconds: number): number {
  return Math.round(seconds * 1e9);
}
