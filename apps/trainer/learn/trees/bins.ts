/** A bin number must fit in one byte. */
const MOST_BINS = 256;

/** Columns divided into bins, for histograms. Bin b of a column holds the values above cut b − 1, up to and including cut b. */
export interface BinnedColumns {
  readonly rows: number;
  readonly width: number;
  /** Bin by column and row: column-major [width, rows]. */
  readonly bins: Uint8Array;
  /** Cuts by column, ascending, one fewer than bins. They are float32, so that the exported graph splits exactly as training did. */
  readonly cuts: readonly Float32Array[];
}

/**
 * Divides each column of row-major `features` [rows, width] into at most 256 bins: one bin for each value if there are
 * at most 256 different values, otherwise bins of roughly equal numbers of rows. The features must be finite.
 */
export function binColumns(features: Float32Array, width: number): BinnedColumns {
  const rows = features.length / width;
  const bins = new Uint8Array(features.length);
  const cuts: Float32Array[] = [];
  const column = new Float32Array(rows);
  for (let k = 0; k < width; k++) {
    for (let row = 0; row < rows; row++) column[row] = features[row * width + k] ?? 0;
    const own = chooseCuts(column.slice().sort());
    cuts.push(own);
    for (let row = 0; row < rows; row++) bins[k * rows + row] = binOf(own, column[row] ?? 0);
  }
  return { rows, width, bins, cuts };
}

function chooseCuts(sorted: Float32Array): Float32Array {
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  const cuts: number[] = [];
  if (distinct.length <= MOST_BINS) {
    for (let i = 1; i < distinct.length; i++) cuts.push(between(distinct[i - 1] ?? 0, distinct[i] ?? 0));
    return Float32Array.from(cuts);
  }
  for (let bin = 1; bin < MOST_BINS; bin++) {
    const at = Math.floor((bin * sorted.length) / MOST_BINS);
    const below = sorted[at - 1] ?? 0;
    const above = sorted[at] ?? 0;
    if (below < above) cuts.push(between(below, above));
  }
  return Float32Array.from(cuts);
}

/** A float32 in [below, above): the midpoint, or `below` if the two are adjacent floats. */
function between(below: number, above: number): number {
  const middle = Math.fround(below + (above - below) / 2);
  return middle < above ? middle : below;
}

/** Number of cuts that are less than the value. */
function binOf(cuts: Float32Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
