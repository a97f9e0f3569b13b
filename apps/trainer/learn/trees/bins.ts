/** Bins are numbered by codes of two bytes. */
const CODES = 65_536;
/** Up to this number of bins, their codes are 0, 1, 2, … */
const DENSE_BINS = 256;

/**
 * Columns divided into bins, for histograms. Up to 65,536 different values each have a bin of their own, so that every pair of
 * different values can be separated.
 */
export interface BinnedColumns {
  readonly rows: number;
  readonly width: number;
  /** Code of the bin by column and row: column-major [width, rows]. */
  readonly codes: Uint16Array;
  /**
   * Codes of the bins by column, ascending. More than 256 bins are spaced by the rows in them, so that equal ranges of codes
   * hold roughly equal numbers of rows.
   */
  readonly binCodes: readonly Uint16Array[];
  /**
   * Cuts by column, ascending, one fewer than bins: bin b holds the values above cut b − 1, up to and including cut b. They are
   * float32, so that the exported graph splits exactly as training did.
   */
  readonly cuts: readonly Float32Array[];
}

/** Divides each column of row-major `features` [rows, width] into bins. The features must be finite; −0 equals 0. */
export function binColumns(features: Float32Array, width: number): BinnedColumns {
  const rows = width > 0 ? features.length / width : 0;
  const codes = new Uint16Array(features.length);
  const cuts: Float32Array[] = [];
  const binCodes: Uint16Array[] = [];
  const column = new Float32Array(rows);
  for (let k = 0; k < width; k++) {
    for (let row = 0; row < rows; row++) column[row] = features[row * width + k] ?? 0;
    const bins = chooseBins(column.slice().sort());
    cuts.push(bins.cuts);
    binCodes.push(bins.codes);
    for (let row = 0; row < rows; row++) codes[k * rows + row] = bins.codes[binOf(bins.cuts, column[row] ?? 0)] ?? 0;
  }
  return { rows, width, codes, binCodes, cuts };
}

/** Number of the bin that has a code. */
export function binOfCode(codes: Uint16Array, code: number): number {
  return countLess(codes, code);
}

function chooseBins(sorted: Float32Array): { cuts: Float32Array; codes: Uint16Array } {
  const cuts: number[] = [];
  /** Number of the first row of each bin. */
  const starts: number[] = [];
  // Any two neighboring bins together hold more than this many rows, hence there are fewer than 65,536.
  const most = countDifferent(sorted) > CODES ? sorted.length / (CODES / 2 - 1) : 0;
  let end = 0;
  for (let from = 0; from < sorted.length; from = end) {
    const value = sorted[from] ?? 0;
    for (end = from + 1; end < sorted.length && sorted[end] === value; ) end++;
    const start = starts.at(-1);
    if (start !== undefined && end - start <= most) continue;
    if (start !== undefined) cuts.push(between(sorted[from - 1] ?? 0, value));
    starts.push(from);
  }
  return { cuts: Float32Array.from(cuts), codes: spaceCodes(starts, sorted.length) };
}

function spaceCodes(starts: readonly number[], rows: number): Uint16Array {
  const gaps = starts.length > DENSE_BINS ? (CODES - starts.length) / rows : 0;
  return Uint16Array.from(starts, (start, bin) => bin + Math.floor(start * gaps));
}

function countDifferent(sorted: Float32Array): number {
  let different = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) different++;
  return different;
}

/** A float32 in [below, above): the midpoint, or `below` if the two are adjacent floats. */
function between(below: number, above: number): number {
  const middle = Math.fround(below + (above - below) / 2);
  return middle < above ? middle : below;
}

/** Number of the bin that a value belongs to. */
function binOf(cuts: Float32Array, value: number): number {
  return countLess(cuts, value);
}

/** Number of the elements of an ascending list that are less than the value. */
function countLess(ascending: Float32Array | Uint16Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
