import type { Matrix } from "./matrix.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * TF-IDF features of tokenised texts, [texts, vocabulary], each row of Euclidean length 1 (0 where nothing is known): what
 * the exported graph's `TfIdfVectorizer` and `Normalizer` compute, without its dense rows.
 */
export function computeFeatures(vocabulary: Vocabulary, rows: readonly (readonly string[])[]): Matrix {
  const { unigrams, bigrams, skips, weights } = vocabulary;
  const width = weights.length;
  const singles = new Map(unigrams.map((token, column) => [token, column]));
  const pairs = new Map(bigrams.map(([first, second], i) => [`${first} ${second}`, unigrams.length + i]));
  const counts = new Float64Array(width);
  const starts = new Uint32Array(rows.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  const touched: number[] = [];
  const count = (column: number | undefined) => {
    if (column === undefined) return;
    if (counts[column] === 0) touched.push(column);
    counts[column] = (counts[column] ?? 0) + 1;
  };
  rows.forEach((tokens, row) => {
    touched.length = 0;
    tokens.forEach((token, at) => {
      count(singles.get(token));
      if (pairs.size === 0) return;
      const last = Math.min(at + 1 + skips, tokens.length - 1);
      for (let next = at + 1; next <= last; next++) count(pairs.get(`${token} ${tokens[next]}`));
    });
    touched.sort((a, b) => a - b);
    let squares = 0;
    for (const column of touched) {
      const value = (counts[column] ?? 0) * (weights[column] ?? 0);
      counts[column] = 0;
      squares += value * value;
      columns.push(column);
      values.push(value);
    }
    const length = Math.sqrt(squares);
    for (let k = starts[row] ?? 0; k < columns.length; k++) values[k] = (values[k] ?? 0) / length;
    starts[row + 1] = columns.length;
  });
  return { rows: rows.length, width, starts, columns: Uint32Array.from(columns), values: Float64Array.from(values) };
}

/**
 * The matrix with one more column: each row times `prior`. Its weight is learned with the others and says how far the
 * prior is to be trusted; {@link foldPrior} then divides it among them.
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

/** Weights [classes, width] for the features alone, from those [classes, width + 1] that were learned with the prior. */
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
