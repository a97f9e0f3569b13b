import { alone, type Crew, remembered, shardOf } from "../workers/worker-group.ts";
import { LogisticObjective } from "./logistic-objective.ts";
import { type LogisticShard, softmaxInPlace } from "./logistic-sums.ts";
import { type Matrix, selectRows } from "./matrix.ts";
import { type MinimiseOptions, minimise } from "./newton.ts";

export interface LogisticOptions extends MinimiseOptions {
  /**
   * Inverse strength of the L2 penalty, as in LIBLINEAR and scikit-learn: the sum of the rows' cross-entropies plus
   * ‖weights‖² / (2 · inversePenalty) is minimised; intercepts are free. Must be positive.
   */
  readonly inversePenalty: number;
}

/** A fitted linear classifier: score of class c = intercepts[c] + row · weights[c]. */
export interface LinearModel {
  readonly classes: number;
  readonly width: number;
  /** Row-major [classes, width], rounded to float32 as the exported graph holds them. */
  readonly weights: Float32Array;
  readonly intercepts: Float32Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Training data by shards; `shard` is called again for every step, so it should remember what it made. */
export interface LogisticData {
  readonly width: number;
  /** Rows of all shards. */
  readonly rows: number;
  shard(worker: number): LogisticShard | Promise<LogisticShard>;
}

/**
 * Logistic regression by Newton's method, multinomial for three classes or more. `targets` has one class number
 * (0 … classes − 1) a row. The solution is unique up to rounding, so nothing here is random.
 */
export function fitLogistic(
  features: Matrix,
  targets: ArrayLike<number>,
  classes: number,
  options: LogisticOptions,
  crew: Crew = alone,
  step = "gradient",
): Promise<LinearModel> {
  const { width, rows } = features;
  const shard = (worker: number) => {
    if (crew.size === 1) return { features, targets };
    const { from, to } = shardOf(rows, worker, crew.size);
    const own = Array.from({ length: to - from }, (_, i) => from + i);
    return { features: selectRows(features, own), targets: own.map((row) => targets[row] ?? 0) };
  };
  return fitLogisticShards({ width, rows, shard: remembered(shard) }, classes, options, crew, step);
}

/**
 * The same, each worker of `crew` with the rows of its own shard: the sums over the shards are added up in every step,
 * and all workers go on from the same point. `step` names the work in the crew's run.
 */
export async function fitLogisticShards(
  data: LogisticData,
  classes: number,
  options: LogisticOptions,
  crew: Crew,
  step: string,
): Promise<LinearModel> {
  const { width } = data;
  const objective = new LogisticObjective(data, classes, options.inversePenalty, crew, step);
  const { point, iterations, converged } = await minimise(objective, new Float64Array(objective.size), options);
  const weights = new Float32Array(classes * width);
  const intercepts = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    // Two classes share one score: half of it for the one, half against the other.
    const share = classes === 2 ? c - 0.5 : 1;
    const base = classes === 2 ? 0 : c * (width + 1);
    for (let k = 0; k < width; k++) weights[c * width + k] = share * (point[base + k] ?? 0);
    intercepts[c] = share * (point[base + width] ?? 0);
  }
  return { classes, width, weights, intercepts, iterations, converged };
}

/** Probabilities of the classes for every row, row-major [rows, classes]. */
export function predictProbabilities(model: LinearModel, features: Matrix): Float64Array {
  const { classes, width } = model;
  const probabilities = new Float64Array(features.rows * classes);
  for (let row = 0; row < features.rows; row++) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    for (let c = 0; c < classes; c++) {
      let score = model.intercepts[c] ?? 0;
      for (let k = features.starts[row] ?? 0; k < (features.starts[row + 1] ?? 0); k++) {
        score += (features.values[k] ?? 0) * (model.weights[c * width + (features.columns[k] ?? 0)] ?? 0);
      }
      own[c] = score;
    }
    softmaxInPlace(own);
  }
  return probabilities;
}
