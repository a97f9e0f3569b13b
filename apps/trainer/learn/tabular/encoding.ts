import type { TabularColumns } from "../../input/tabular-rows.ts";

/** How rows of mixed columns become rows of numbers: the numeric columns, then a column for each word of each category. */
export interface Encoding {
  /** By numeric column: what stands in for a missing value, the median. */
  readonly medians: Float32Array;
  /** By categorical column: the words that are known, in alphabetical order. Another word is none of them. */
  readonly categories: readonly (readonly string[])[];
  readonly width: number;
}

/** Learns medians and categories from the given rows. */
export function fitEncoding(columns: TabularColumns, rows: readonly number[]): Encoding {
  const medians = Float32Array.from(columns.numbers, (column) =>
    median(Float32Array.from(rows, (row) => column[row] ?? Number.NaN).filter((value) => !Number.isNaN(value))),
  );
  const categories = columns.words.map((column) => [...new Set(rows.map((row) => column[row] ?? ""))].sort());
  return { medians, categories, width: categories.reduce((sum, words) => sum + words.length, medians.length) };
}

/** The given rows as numbers, row-major [rows, width]. */
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
    const places = new Map(categories[k]?.map((word, i) => [word, base + i]));
    rows.forEach((row, at) => {
      const place = places.get(column[row] ?? "");
      if (place !== undefined) encoded[at * width + place] = 1;
    });
    base += places.size;
  });
  return encoded;
}

/** 0 for no values. */
function median(values: Float32Array): number {
  const sorted = values.sort();
  const middle = sorted.length >>> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? 0;
  return Math.fround(((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2);
}
