import { UserError } from "../../registry/index.ts";
import { NUMERAL } from "./table/notation.ts";
import type { Table } from "./table/table.ts";

const ISO = /^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?$/;
/** Names of columns whose numbers are times. */
const TIME_NAMES = /^(t|time|step|hour|day|week|month|year|date|datetime|timestamp|epoch|period|ds|index)$/i;
const DAY = 86_400_000;
/** Steps longer than this multiple of the usual one are gaps; months and quarters differ by less. */
const GAP = 1.5;
/** With a larger share of gaps, the steps are irregular. */
const MOST_GAPS = 0.1;

/** A column of times, one for each row, in a unit of its own. */
export interface Times {
  readonly column: string;
  readonly at: readonly number[];
}

/** The first column of ISO 8601 dates or times, or of numbers that only rise or only fall and have the name of a time. */
export function findTimes({ columns, rows }: Table, values: string | undefined): Times | undefined {
  for (const column of columns) {
    if (column === values) continue;
    const fields = rows.map(({ fields: own }) => own[column] ?? "");
    if (fields.every((field) => ISO.test(field))) {
      const at = fields.map((field) => Date.parse(withZone(field)));
      if (at.every(Number.isFinite)) return { column, at };
    }
    if (!TIME_NAMES.test(column) || !fields.every((field) => NUMERAL.test(field))) continue;
    const at = fields.map(Number);
    const sign = Math.sign((at[1] ?? 0) - (at[0] ?? 0));
    if (at.every((time, i) => i === 0 || Math.sign(time - (at[i - 1] ?? 0)) === sign)) return { column, at };
  }
  return undefined;
}

/** A time without a zone is read as UTC, so that every day has 24 hours. */
function withZone(field: string): string {
  const text = field.replace(" ", "T");
  return text.includes("T") && !/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text;
}

/**
 * Orders the rows by time and finds gaps. Weekends are no gaps if no row is on one.
 *
 * @returns the rows in order, oldest first, and those with a gap before them
 * @throws UserError if a time occurs twice
 */
export function orderByTime(
  { file, rows }: Table,
  { column, at }: Times,
  notes: string[],
): { order: readonly number[]; gapsBefore: ReadonlySet<number> } {
  const timeOf = (row: number) => at[row] ?? 0;
  const order = [...at.keys()].sort((a, b) => timeOf(a) - timeOf(b));
  const twice = order.findIndex((row, i) => i > 0 && timeOf(row) === timeOf(order[i - 1] ?? 0));
  if (twice >= 0) {
    const row = rows[order[twice] ?? 0];
    throw new UserError(
      `${file}, line ${row?.line}, column ${column}: ${row?.fields[column]} occurs twice; a file has one series, with one row for each time`,
    );
  }
  if (order.some((row, i) => row !== i)) notes.push(`the rows were ordered by ${column}, oldest first`);
  const steps = workdays(order.map(timeOf))
    .map((time, i, all) => time - (all[i - 1] ?? time))
    .slice(1);
  const usual = steps.toSorted((a, b) => a - b)[steps.length >>> 1] ?? 0;
  const gaps = steps.flatMap((step, i) => (step > GAP * usual ? [order[i + 1] ?? 0] : []));
  const short = steps.filter((step) => step < usual / GAP).length;
  if (gaps.length + short > steps.length * MOST_GAPS) {
    notes.push(`the steps of ${column} are irregular; each row counts as one step`);
    return { order, gapsBefore: new Set() };
  }
  if (gaps.length > 0) {
    const first = rows[gaps[0] ?? 0];
    notes.push(
      `${column} has ${gaps.length} ${gaps.length === 1 ? "gap" : "gaps"}, the first before line ${first?.line} (${first?.fields[column]}); windows that span a gap were left out`,
    );
  }
  return { order, gapsBefore: new Set(gaps) };
}

/** Dates that are all from Monday to Friday are counted in working days. */
function workdays(times: readonly number[]): readonly number[] {
  const days = times.map((time) => time / DAY);
  // Day 0, 1970-01-01, is a Thursday.
  const weekday = (day: number) => (((day + 3) % 7) + 7) % 7;
  const isDaily = days.every((day) => Number.isInteger(day) && weekday(day) < 5);
  if (!isDaily || !days.some((day, i) => i > 0 && day - (days[i - 1] ?? 0) === 1)) return times;
  return days.map((day) => Math.floor((day + 3) / 7) * 5 + weekday(day));
}
