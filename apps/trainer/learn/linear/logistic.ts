import { memoizeByWorker, shardOf, singleWorker, type WorkerGroup } from "../workers/worker-group.ts";
import { LogisticObjective } from "./logistic-objective.ts";
import { type LogisticData, softmaxInPlace } from "./logistic-sums.ts";
import { type Matrix, selectRows } from "./matrix.ts";
import { type MinimizeOptions, minimize } from "./newton.ts";

export interface LogisticOptions extends MinimizeOptions {
  /**
   * Inverse strength of the L2 penalty, as in LIBLINEAR and scikit-learn: the fit minimizes the sum of the rows'
   * cross-entropies plus ‖weights‖² / (2 · inversePenalty). Intercepts are not penalized. Must be positive.
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

/**
 * Logistic regression by Newton's method, multinomial for three classes or more. `targets` has one class number
 * (0 … classes − 1) per row. The solver is deterministic and takes no seed.
 */
export function fitLogistic(
  features: Matrix,
  targets: ArrayLike<number>,
  classes: number,
  options: LogisticOptions,
  workers: WorkerGroup = singleWorker,
  step = "gradient",
): Promise<LinearModel> {
  const { width, rows } = features;
  const shard = (worker: number) => {
    if (workers.size === 1) return { features, targets };
    const { from, to } = shardOf(rows, worker, workers.size);
    const own = Array.from({ length: to - from }, (_, i) => from + i);
    return { features: selectRows(features, own), targets: own.map((row) => targets[row] ?? 0) };
  };
  return fitLogisticShards({ width, rows, shard: memoizeByWorker(shard) }, classes, options, workers, step);
}

/**
 * Like {@link fitLogistic}, with the rows given by shard. In every step each worker sums over its own shard, the sums are
 * added, and all workers continue from the same point.
 *
 * @param step prefix of the names of the steps, unique within the run
 */
export async function fitLogisticShards(
  data: LogisticData,
  classes: number,
  options: LogisticOptions,
  workers: WorkerGroup,
  step: string,
): Promise<LinearModel> {
  const { width } = data;
  const objective = new LogisticObjective(data, classes, options.inversePenalty, workers, step);
  const { point, iterations, converged } = await minimize(objective, new Float64Array(objective.size), options);
  const weights = new Float32Array(classes * width);
  const intercepts = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    // Two classes share one score, the log-odds of class 1: class 1 gets +½ of it, class 0 gets −½.
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
