import { createHash } from "node:crypto";
import { UserError } from "../../registry/index.ts";
import { randomSource } from "../learn/random.ts";
import { NUMERAL } from "./table/notation.ts";
import type { ReadOptions } from "./table/options.ts";
import { readTable, type Table } from "./table/table.ts";
import { isNumeric } from "./table/values.ts";
import { findTimes, orderByTime } from "./times.ts";

/** Values at equal time steps, oldest first. NaN stands for a missing value, or for a gap of any length. */
export interface Series {
  readonly values: Float32Array;
  readonly sha256: string;
  /** What was guessed or left out: sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * Generates a series: a level of 100, a rising trend, a season of `season` steps with a second harmonic, and Gaussian noise.
 * The same arguments give the same series on every machine.
 */
export function generateSeries(length: number, season: number, seed: number): Series {
  const random = randomSource(seed);
  const values = Float32Array.from({ length }, (_, step) => {
    const phase = (2 * Math.PI * step) / season;
    return 100 + 0.02 * step + 10 * Math.sin(phase) + 4 * Math.cos(2 * phase) + 2 * normal(random);
  });
  return { values, sha256: createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex"), notes: [] };
}

/**
 * Reads a series from a CSV or JSONL file. Its values are in `column`, by default in the column `value` or the only column of
 * numbers. If a column has times, they order the rows, and a NaN stands where times are missing. Otherwise the rows are in
 * order, oldest first.
 *
 * @throws UserError naming file and line of a value that is not a number, or if the column cannot be found
 */
export async function readSeries(file: string, column?: string, options: ReadOptions = {}): Promise<Series> {
  const table = await readTable(file, column === undefined ? [] : [column], options);
  const notes = [...table.notes];
  const time = findTimes(table, column);
  const chosen = column ?? findValues(table, time?.column, notes);
  const numbers = Float32Array.from(table.rows, (row) => {
    const field = row.fields[chosen] ?? "";
    if (field === "") return Number.NaN;
    const value = NUMERAL.test(field) ? Math.fround(Number(field)) : Number.NaN;
    if (Number.isFinite(value)) return value;
    throw new UserError(`${file}, line ${row.line}, column ${chosen}: "${field}" is not a number`);
  });
  const missing = numbers.findIndex(Number.isNaN);
  if (missing >= 0)
    notes.push(
      `${numbers.filter(Number.isNaN).length} values are missing, the first in line ${table.rows[missing]?.line}; windows that contain one were left out`,
    );
  const { order, gapsBefore } = time
    ? orderByTime(table, time, notes)
    : { order: [...numbers.keys()], gapsBefore: new Set() };
  const values = order.flatMap((row) => [...(gapsBefore.has(row) ? [Number.NaN] : []), numbers[row] ?? Number.NaN]);
  return { values: Float32Array.from(values), sha256: table.sha256, notes };
}

/** The column of the values if the user has named none. */
function findValues({ file, columns, rows }: Table, time: string | undefined, notes: string[]): string {
  if (columns.includes("value")) return "value";
  const numeric = columns.filter((name) => name !== time && isNumeric(rows.map(({ fields }) => fields[name] ?? "")));
  const [only, ...others] = numeric;
  if (only === undefined || others.length > 0)
    throw new UserError(
      `${file}, line 1: column value is missing; the file has ${columns.join(", ")}; name the column of the series with --param value_column=NAME`,
    );
  notes.push(`the values are in column ${only}`);
  return only;
}

/** A random number with standard normal distribution (Box & Muller, Annals of Mathematical Statistics 29, 1958). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
