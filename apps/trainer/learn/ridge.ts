import { columnMoments } from "./moments.ts";

/** A fitted line: prediction = intercept + row · weights. */
export interface LinearRegression {
  /** Rounded to float32 as the exported graph holds them. */
  readonly weights: Float32Array;
  readonly intercept: number;
}

/**
 * Ridge regression of row-major `features` [rows, width]: the sum of squared errors plus ‖weights‖² / inversePenalty is
 * minimised over standardised columns, by the normal equations, and rewritten for the raw ones.
 */
export function fitRidge(
  features: Float32Array,
  targets: Float64Array,
  width: number,
  inversePenalty: number,
): LinearRegression {
  const { means, deviations } = columnMoments(features, width);
  const rows = targets.length;
  const mean = targets.reduce((sum, target) => sum + target, 0) / rows;
  const normal = new Float64Array(width * width);
  const right = new Float64Array(width);
  const row = new Float64Array(width);
  for (let r = 0; r < rows; r++) {
    const target = (targets[r] ?? 0) - mean;
    for (let i = 0; i < width; i++) row[i] = ((features[r * width + i] ?? 0) - (means[i] ?? 0)) / (deviations[i] ?? 1);
    for (let i = 0; i < width; i++) {
      const value = row[i] ?? 0;
      if (value === 0) continue;
      right[i] = (right[i] ?? 0) + value * target;
      for (let j = 0; j <= i; j++) normal[i * width + j] = (normal[i * width + j] ?? 0) + value * (row[j] ?? 0);
    }
  }
  for (let i = 0; i < width; i++) normal[i * width + i] = (normal[i * width + i] ?? 0) + 1 / inversePenalty;
  const solution = solvePositive(normal, right, width);
  const weights = Float32Array.from(solution, (weight, i) => weight / (deviations[i] ?? 1));
  const shift = weights.reduce((sum, weight, i) => sum + weight * (means[i] ?? 0), 0);
  return { weights, intercept: Math.fround(mean - shift) };
}

/** Solves A x = b for a positive definite A, of which the lower half is given, by Cholesky's factorisation in place. */
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
