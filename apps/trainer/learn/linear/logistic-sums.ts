import type { Matrix } from "./matrix.ts";

/** The rows of the training data that one worker sums over. */
export interface LogisticShard {
  readonly features: Matrix;
  /** One class number (0 … classes − 1) per row. */
  readonly targets: ArrayLike<number>;
}

/** Training data by shard. `shard` is called in every step, so it should cache its result. */
export interface LogisticData {
  readonly width: number;
  /** Number of rows in all shards. */
  readonly rows: number;
  shard(worker: number): LogisticShard | Promise<LogisticShard>;
}

/**
 * Number of score vectors of a model: one per class, but for two classes a single one, whose score is the log-odds of
 * class 1. A point holds the vectors one after the other, each with its weights and then its intercept.
 */
export function scoreVectors(classes: number): number {
  return classes === 2 ? 1 : classes;
}

/**
 * Returns the sum of the rows' cross-entropies at a point and adds its gradient to `gradient`. Writes the probabilities,
 * row-major [rows, vectors], into `probabilities` for {@link addCurvature}.
 */
export function lossAndGradient(
  shard: LogisticShard,
  classes: number,
  point: Float64Array,
  gradient: Float64Array,
  probabilities: Float64Array,
): number {
  return classes === 2
    ? lossOfTwo(shard, point, gradient, probabilities)
    : lossOfMany(shard, classes, point, gradient, probabilities);
}

/** Adds the product of `vector` and the Hessian of the sum of the rows' cross-entropies to `product`. */
export function addCurvature(
  shard: LogisticShard,
  classes: number,
  probabilities: Float64Array,
  vector: Float64Array,
  product: Float64Array,
): void {
  if (classes === 2) addCurvatureOfTwo(shard, probabilities, vector, product);
  else addCurvatureOfMany(shard, classes, probabilities, vector, product);
}

function lossOfTwo(
  { features, targets }: LogisticShard,
  point: Float64Array,
  gradient: Float64Array,
  probabilities: Float64Array,
): number {
  let loss = 0;
  for (let row = 0; row < features.rows; row++) {
    const score = rowScore(features, row, point, 0);
    const target = targets[row] ?? 0;
    // ln(1 + e^−|s|) cannot overflow.
    const small = Math.exp(-Math.abs(score));
    loss += Math.log1p(small) + (target === 1 ? Math.max(-score, 0) : Math.max(score, 0));
    const probability = (score >= 0 ? 1 : small) / (1 + small);
    probabilities[row] = probability;
    addRow(features, row, probability - target, gradient, 0);
  }
  return loss;
}

function addCurvatureOfTwo(
  { features }: LogisticShard,
  probabilities: Float64Array,
  vector: Float64Array,
  product: Float64Array,
): void {
  for (let row = 0; row < features.rows; row++) {
    const probability = probabilities[row] ?? 0;
    addRow(features, row, probability * (1 - probability) * rowScore(features, row, vector, 0), product, 0);
  }
}

function lossOfMany(
  { features, targets }: LogisticShard,
  classes: number,
  point: Float64Array,
  gradient: Float64Array,
  probabilities: Float64Array,
): number {
  const size = features.width + 1;
  let loss = 0;
  for (let row = 0; row < features.rows; row++) {
    const target = targets[row] ?? 0;
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    for (let c = 0; c < classes; c++) own[c] = rowScore(features, row, point, c * size);
    const score = own[target] ?? 0;
    loss += softmaxInPlace(own) - score;
    for (let c = 0; c < classes; c++) addRow(features, row, (own[c] ?? 0) - (c === target ? 1 : 0), gradient, c * size);
  }
  return loss;
}

function addCurvatureOfMany(
  { features }: LogisticShard,
  classes: number,
  probabilities: Float64Array,
  vector: Float64Array,
  product: Float64Array,
): void {
  const size = features.width + 1;
  const scores = new Float64Array(classes);
  for (let row = 0; row < features.rows; row++) {
    let mean = 0;
    for (let c = 0; c < classes; c++) {
      scores[c] = rowScore(features, row, vector, c * size);
      mean += (probabilities[row * classes + c] ?? 0) * (scores[c] ?? 0);
    }
    for (let c = 0; c < classes; c++)
      addRow(features, row, (probabilities[row * classes + c] ?? 0) * ((scores[c] ?? 0) - mean), product, c * size);
  }
}

/** Dot product of a row with the score vector that begins at `base`, plus its intercept. */
function rowScore({ width, starts, columns, values }: Matrix, row: number, vector: Float64Array, base: number): number {
  const to = starts[row + 1] ?? 0;
  let score = vector[base + width] ?? 0;
  for (let k = starts[row] ?? 0; k < to; k++) score += (values[k] ?? 0) * (vector[base + (columns[k] ?? 0)] ?? 0);
  return score;
}

/** Adds `factor` times a row, and `factor` for the intercept, to the score vector that begins at `base`. */
function addRow(
  { width, starts, columns, values }: Matrix,
  row: number,
  factor: number,
  vector: Float64Array,
  base: number,
): void {
  const to = starts[row + 1] ?? 0;
  for (let k = starts[row] ?? 0; k < to; k++) {
    const at = base + (columns[k] ?? 0);
    vector[at] = (vector[at] ?? 0) + factor * (values[k] ?? 0);
  }
  vector[base + width] = (vector[base + width] ?? 0) + factor;
}

/** Replaces scores by probabilities and returns the log-sum-exp of the scores. */
export function softmaxInPlace(scores: Float64Array): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) highest = Math.max(highest, score);
  let sum = 0;
  for (let c = 0; c < scores.length; c++) {
    const power = Math.exp((scores[c] ?? 0) - highest);
    scores[c] = power;
    sum += power;
  }
  for (let c = 0; c < scores.length; c++) scores[c] = (scores[c] ?? 0) / sum;
  return highest + Math.log(sum);
}
