import type { Matrix } from "../linear/matrix.ts";
import type { Ngrams } from "./ngrams.ts";

/**
 * TF-IDF features of the rows from `from` up to, but not including, `to`: [rows, weights.length]. Each row has Euclidean
 * length 1, or 0 if none of its n-grams is known. The exported graph computes the same.
 *
 * @param weights inverse document frequency by feature
 * @param columnOf feature of each n-gram, −1 if it is not in the vocabulary
 */
export function computeFeatures(
  weights: Float32Array,
  columnOf: Int32Array,
  ngrams: Ngrams,
  from = 0,
  to = ngrams.rows,
): Matrix {
  const first = ngrams.starts[from] ?? 0;
  const starts = new Uint32Array(to - from + 1);
  const columns = new Uint32Array((ngrams.starts[to] ?? 0) - first);
  const values = new Float64Array(columns.length);
  // Last position of each column in `columns`; valid only if it lies within the current row.
  const places = new Uint32Array(weights.length);
  let at = 0;
  for (let row = from; row < to; row++) {
    const start = at;
    for (let k = ngrams.starts[row] ?? 0; k < (ngrams.starts[row + 1] ?? 0); k++) {
      const column = columnOf[ngrams.occurrences[k] ?? 0] ?? -1;
      if (column < 0) continue;
      let place = places[column] ?? 0;
      if (place < start || place >= at || columns[place] !== column) {
        place = at++;
        places[column] = place;
        columns[place] = column;
      }
      values[place] = (values[place] ?? 0) + (weights[column] ?? 0);
    }
    let squares = 0;
    for (let k = start; k < at; k++) squares += (values[k] ?? 0) ** 2;
    const length = Math.sqrt(squares);
    for (let k = start; k < at; k++) values[k] = (values[k] ?? 0) / length;
    starts[row - from + 1] = at;
  }
  return {
    rows: to - from,
    width: weights.length,
    starts,
    columns: columns.subarray(0, at),
    values: values.subarray(0, at),
  };
}

/**
 * Appends a column to the matrix: the dot product of each row with `prior`. Its weight is learned with the others and says
 * how far to trust the prior; {@link foldPrior} distributes it over them.
 */
export function appendPrior(matrix: Matrix, prior: Float32Array): Matrix {
  const { rows, width } = matrix;
  const starts = new Uint32Array(rows + 1);
  const columns = new Uint32Array(matrix.columns.length + rows);
  const values = new Float64Array(matrix.values.length + rows);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let k = matrix.starts[row] ?? 0; k < (matrix.starts[row + 1] ?? 0); k++) {
      const column = matrix.columns[k] ?? 0;
      const value = matrix.values[k] ?? 0;
      sum += value * (prior[column] ?? 0);
      columns[at] = column;
      values[at++] = value;
    }
    if (sum !== 0) {
      columns[at] = width;
      values[at++] = sum;
    }
    starts[row + 1] = at;
  }
  return { rows, width: width + 1, starts, columns: columns.slice(0, at), values: values.slice(0, at) };
}

/** Turns weights learned with the prior column [classes, width + 1] into weights for the features alone [classes, width]. */
export function foldPrior(weights: Float32Array, classes: number, prior: Float32Array): Float32Array {
  const width = prior.length;
  const folded = new Float32Array(classes * width);
  for (let c = 0; c < classes; c++) {
    const trust = weights[c * (width + 1) + width] ?? 0;
    for (let k = 0; k < width; k++)
      folded[c * width + k] = (weights[c * (width + 1) + k] ?? 0) + trust * (prior[k] ?? 0);
  }
  return folded;
}
