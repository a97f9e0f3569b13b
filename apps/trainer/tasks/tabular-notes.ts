import type { Table } from "../input/table/table.ts";
import type { HeldOut } from "../learn/hold-out.ts";
import type { TabularData } from "./tabular-fit.ts";

/** A column with more different values than this cannot give the target away by accident of few rows. */
const LEAST_ROWS = 20;

/** What the user should know about the features: missing values that are filled in, lost digits, columns that equal the target. */
export function describeColumns({ rows }: Table, { schema, columns, targets, classes }: TabularData): string[] {
  const notes: string[] = [];
  const filled = schema.numeric.flatMap((column, k) => {
    const missing = columns.numbers[k]?.filter(Number.isNaN).length ?? 0;
    return missing > 0 ? [`${column} (${missing})`] : [];
  });
  if (filled.length > 0) notes.push(`missing numbers are filled in with the median: ${filled.join(", ")}`);
  for (const [k, column] of schema.numeric.entries()) {
    const given = new Set(rows.map(({ fields }) => Number(fields[column] || Number.NaN))).size;
    const read = new Set(columns.numbers[k]).size;
    if (read < given)
      notes.push(
        `column ${column} has ${given} different numbers, of which ${read} differ in the 32 bits that a model reads; subtract an offset, or divide the number in two columns`,
      );
  }
  if (rows.length < LEAST_ROWS) return notes;
  for (const column of [...schema.numeric, ...schema.categorical]) {
    const values = rows.map(({ fields }) => fields[column] ?? "");
    if (givesAway(values, targets, classes.length))
      notes.push(
        `column ${column} tells ${schema.target} exactly; if it is not known before ${schema.target}, leave it out by naming the other features with numeric= and categorical=`,
      );
  }
  return notes;
}

/** Whether each value goes with one target, and each target with one value. */
function givesAway(values: readonly string[], targets: Float64Array, classes: number): boolean {
  const targetOf = new Map<string, number>();
  for (const [row, value] of values.entries()) {
    const target = targets[row] ?? 0;
    if ((targetOf.get(value) ?? target) !== target) return false;
    targetOf.set(value, target);
  }
  if (classes > 0) return targetOf.size === classes;
  return [...targetOf].every(([value, target]) => Number(value || Number.NaN) === target);
}

/** How the held-out rows were chosen, where it is not simply every fifth. */
export function describeSplit({ by, repeated, unmeasured }: HeldOut, classes: readonly string[]): string[] {
  const notes: string[] = [];
  if (by === "inputs")
    notes.push(`${repeated} rows are copies of others in all features; copies were held out together`);
  if (classes.length > 0 && unmeasured.length > 0)
    notes.push(
      `too few rows to measure ${unmeasured.length === 1 ? "the class" : "the classes"} ${unmeasured.map((index) => classes[index]).join(", ")}; the metrics say nothing about ${unmeasured.length === 1 ? "it" : "them"}`,
    );
  return notes;
}
