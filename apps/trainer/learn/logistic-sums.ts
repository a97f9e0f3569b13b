import type { Matrix } from "./matrix.ts";

/** Rows of the training data that one worker sums over. */
export interface LogisticShard {
  readonly features: Matrix;
  /** A class number (0 … classes − 1) a row. */
  readonly targets: ArrayLike<number>;
}

/**
 * Score vectors of a model: one for each class, but for two classes a single one, whose score is the log-odds of class 1.
 * A point holds them one after the other, each with its weights and then its intercept.
 */
export function scoreVectors(classes: number): number {
  return classes === 2 ? 1 : classes;
}

/** Sum of the rows' cross-entropies at a point; adds its gradient to `gradient`. */
export function lossAndGradient(
  shard: LogisticShard,
  classes: number,
  point: Float64Array,
  gradient: Float64Array,
): number {
  return classes === 2 ? sumOfTwo(shard, point, gradient) : sumOfMany(shard, classes, point, gradient);
}

function sumOfTwo({ features, targets }: LogisticShard, point: Float64Array, gradient: Float64Array): number {
  const { rows, width, starts, columns, values } = features;
  let loss = 0;
  let errors = 0;
  for (let row = 0; row < rows; row++) {
    const from = starts[row] ?? 0;
    const to = starts[row + 1] ?? 0;
    let score = point[width] ?? 0;
    for (let k = from; k < to; k++) score += (values[k] ?? 0) * (point[columns[k] ?? 0] ?? 0);
    const target = targets[row] ?? 0;
    // ln(1 + e^−|s|) does not overflow, whatever the score.
    const small = Math.exp(-Math.abs(score));
    loss += Math.log1p(small) + (target === 1 ? Math.max(-score, 0) : Math.max(score, 0));
    const error = (score >= 0 ? 1 : small) / (1 + small) - target;
    errors += error;
    for (let k = from; k < to; k++) {
      const at = columns[k] ?? 0;
      gradient[at] = (gradient[at] ?? 0) + error * (values[k] ?? 0);
    }
  }
  gradient[width] = (gradient[width] ?? 0) + errors;
  return loss;
}

function sumOfMany(
  { features, targets }: LogisticShard,
  classes: number,
  point: Float64Array,
  gradient: Float64Array,
): number {
  const { width, starts, columns, values } = features;
  const scores = new Float64Array(classes);
  let loss = 0;
  for (let row = 0; row < features.rows; row++) {
    const from = starts[row] ?? 0;
    const to = starts[row + 1] ?? 0;
    const target = targets[row] ?? 0;
    for (let c = 0; c < classes; c++) {
      const base = c * (width + 1);
      let score = point[base + width] ?? 0;
      for (let k = from; k < to; k++) score += (values[k] ?? 0) * (point[base + (columns[k] ?? 0)] ?? 0);
      scores[c] = score;
    }
    const own = scores[target] ?? 0;
    loss += softmaxInPlace(scores) - own;
    for (let c = 0; c < classes; c++) {
      const base = c * (width + 1);
      const error = (scores[c] ?? 0) - (c === target ? 1 : 0);
      gradient[base + width] = (gradient[base + width] ?? 0) + error;
      for (let k = from; k < to; k++) {
        const at = base + (columns[k] ?? 0);
        gradient[at] = (gradient[at] ?? 0) + error * (values[k] ?? 0);
      }
    }
  }
  return loss;
}

/** Turns scores into probabilities and returns the logarithm of the sum of their exponentials. */
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
