import { addVectors, decodeVector, encodeVector } from "../workers/vectors.ts";
import { shardOf, singleWorker, type WorkerGroup } from "../workers/worker-group.ts";
import { columnMoments } from "./moments.ts";

/** A fitted line: prediction = intercept + row · weights. */
export interface LinearRegression {
  /** Rounded to float32 as the exported graph holds them. */
  readonly weights: Float32Array;
  readonly intercept: number;
}

/**
 * Ridge regression of row-major `features` [rows, width]: minimizes the sum of squared errors plus
 * ‖weights‖² / inversePenalty over standardized columns by the normal equations, and rewrites the result for the raw
 * columns. Each worker sums over its own rows.
 *
 * @param step prefix of the step's name, unique within the run
 */
export async function fitRidge(
  features: Float32Array,
  targets: Float64Array,
  width: number,
  inversePenalty: number,
  workers: WorkerGroup = singleWorker,
  step = "sums",
): Promise<LinearRegression> {
  const moments = columnMoments(features, width);
  const { means, deviations } = moments;
  const rows = targets.length;
  const mean = targets.reduce((sum, target) => sum + target, 0) / rows;
  const share = (worker: number) => {
    const { from, to } = shardOf(rows, worker, workers.size);
    const own = { features: features.subarray(from * width, to * width), targets: targets.subarray(from, to) };
    return encodeVector(normalEquations(own, width, moments, mean));
  };
  const sums = decodeVector(await workers.combine(`${step}-normal-equations`, share, addVectors));
  const normal = sums.subarray(0, width * width);
  for (let i = 0; i < width; i++) normal[i * width + i] = (normal[i * width + i] ?? 0) + 1 / inversePenalty;
  const solution = solvePositive(normal, sums.subarray(width * width), width);
  const weights = Float32Array.from(solution, (weight, i) => weight / (deviations[i] ?? 1));
  const shift = weights.reduce((sum, weight, i) => sum + weight * (means[i] ?? 0), 0);
  return { weights, intercept: Math.fround(mean - shift) };
}

/** The lower half of XᵀX, row-major, followed by Xᵀy, of standardized columns and centered targets. */
function normalEquations(
  { features, targets }: { readonly features: Float32Array; readonly targets: Float64Array },
  width: number,
  { means, deviations }: ReturnType<typeof columnMoments>,
  mean: number,
): Float64Array {
  const sums = new Float64Array(width * width + width);
  const normal = sums.subarray(0, width * width);
  const right = sums.subarray(width * width);
  const row = new Float64Array(width);
  for (let r = 0; r < targets.length; r++) {
    const target = (targets[r] ?? 0) - mean;
    for (let i = 0; i < width; i++) row[i] = ((features[r * width + i] ?? 0) - (means[i] ?? 0)) / (deviations[i] ?? 1);
    for (let i = 0; i < width; i++) {
      const value = row[i] ?? 0;
      if (value === 0) continue;
      right[i] = (right[i] ?? 0) + value * target;
      for (let j = 0; j <= i; j++) normal[i * width + j] = (normal[i * width + j] ?? 0) + value * (row[j] ?? 0);
    }
  }
  return sums;
}

/** Solves A x = b for a positive definite A by Cholesky factorization in place; only the lower half of `a` is read. */
function solvePositive(a: Float64Array, b: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (a[i * size + k] ?? 0) * (a[j * size + k] ?? 0);
      a[i * size + j] = i === j ? Math.sqrt(sum) : sum / (a[j * size + j] ?? 1);
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (a[i * size + k] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (a[i * size + i] ?? 1);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < size; k++) sum -= (a[k * size + i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (a[i * size + i] ?? 1);
  }
  return x;
}
