/** The most probable class of every row of row-major `probabilities` [rows, classes]. */
export function mostProbable(probabilities: Float64Array, classes: number): Uint8Array {
  const chosen = new Uint8Array(probabilities.length / classes);
  for (let row = 0; row < chosen.length; row++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((probabilities[row * classes + c] ?? 0) > (probabilities[row * classes + best] ?? 0)) best = c;
    }
    chosen[row] = best;
  }
  return chosen;
}

/** Share of rows whose prediction equals the target, 0–1. */
export function accuracy(predicted: ArrayLike<number>, targets: ArrayLike<number>): number {
  let right = 0;
  for (let row = 0; row < targets.length; row++) if (predicted[row] === targets[row]) right++;
  return right / targets.length;
}

/**
 * Macro-averaged F1 = 2·tp / (2·tp + fp + fn), over the classes that are present or predicted, as in scikit-learn. A class
 * that is neither has no F1.
 */
export function macroF1(predicted: ArrayLike<number>, targets: ArrayLike<number>, classes: number): number {
  let sum = 0;
  let counted = 0;
  for (let c = 0; c < classes; c++) {
    let hits = 0;
    let wrong = 0;
    for (let row = 0; row < targets.length; row++) {
      if (predicted[row] === c && targets[row] === c) hits++;
      else if (predicted[row] === c || targets[row] === c) wrong++;
    }
    if (hits + wrong === 0) continue;
    counted++;
    sum += (2 * hits) / (2 * hits + wrong);
  }
  return counted > 0 ? sum / counted : 0;
}

/** Mean absolute error and root mean square error, in the targets' unit. */
export function regressionErrors(
  predicted: ArrayLike<number>,
  targets: ArrayLike<number>,
): { readonly mae: number; readonly rmse: number } {
  let absolute = 0;
  let squares = 0;
  for (let row = 0; row < targets.length; row++) {
    const error = (predicted[row] ?? 0) - (targets[row] ?? 0);
    absolute += Math.abs(error);
    squares += error * error;
  }
  return { mae: absolute / targets.length, rmse: Math.sqrt(squares / targets.length) };
}
