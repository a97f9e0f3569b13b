import type { TabularColumns } from "./columns.ts";

/** Turns rows of mixed columns into rows of numbers: the numeric columns, then a 0/1 column for each value of each category. */
export interface Encoding {
  /** By numeric column: the median, which replaces missing values. */
  readonly medians: Float32Array;
  /** By categorical column: its known values in alphabetical order. An unknown value sets none of their columns. */
  readonly categories: readonly (readonly string[])[];
  readonly width: number;
}

/** Learns medians and categories from the given rows. */
export function fitEncoding(columns: TabularColumns, rows: readonly number[]): Encoding {
  const medians = Float32Array.from(columns.numbers, (column) =>
    median(Float32Array.from(rows, (row) => column[row] ?? Number.NaN).filter((value) => !Number.isNaN(value))),
  );
  const categories = columns.words.map((column, k) => {
    const frequent = columns.frequent?.[k];
    return [...new Set(rows.map((row) => column[row] ?? ""))].filter((word) => frequent?.has(word) ?? true).sort();
  });
  return { medians, categories, width: categories.reduce((sum, words) => sum + words.length, medians.length) };
}

/** Encodes the given rows: row-major [rows, width]. */
export function encodeRows(
  { medians, categories, width }: Encoding,
  columns: TabularColumns,
  rows: readonly number[],
): Float32Array {
  const encoded = new Float32Array(rows.length * width);
  columns.numbers.forEach((column, k) => {
    rows.forEach((row, at) => {
      const value = column[row] ?? Number.NaN;
      encoded[at * width + k] = Number.isNaN(value) ? (medians[k] ?? 0) : value;
    });
  });
  let base = medians.length;
  columns.words.forEach((column, k) => {
    const columnOfWord = new Map(categories[k]?.map((word, i) => [word, base + i]));
    rows.forEach((row, at) => {
      const encodedColumn = columnOfWord.get(column[row] ?? "");
      if (encodedColumn !== undefined) encoded[at * width + encodedColumn] = 1;
    });
    base += columnOfWord.size;
  });
  return encoded;
}

/** The median; 0 for no values. */
function median(values: Float32Array): number {
  const sorted = values.sort();
  const middle = sorted.length >>> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? 0;
  return Math.fround(((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2);
}
