import { UserError } from "../errors.ts";
import { type Row, requireField, type Table } from "./table.ts";
import type { TabularSchema } from "./tabular-schema.ts";

/** The features of a table by column. */
export interface TabularColumns {
  readonly rows: number;
  /** Row by row, NaN where a field is empty; one array a numeric column. */
  readonly numbers: readonly Float32Array[];
  /** Row by row, "" where a field is empty; one list a categorical column. */
  readonly words: readonly (readonly string[])[];
}

/** Most classes that make sense. */
const MOST_CLASSES = 100;

/** Reads the features. Throws `UserError` naming file, line and column of what is not a number and should be one. */
export function readColumns(
  { file, rows }: Table,
  schema: Pick<TabularSchema, "numeric" | "categorical">,
): TabularColumns {
  return {
    rows: rows.length,
    numbers: schema.numeric.map((column) =>
      Float32Array.from(rows, (row) => {
        const field = row.fields[column] ?? "";
        return field === "" ? Number.NaN : readNumber(file, row, column, field);
      }),
    ),
    words: schema.categorical.map((column) => rows.map((row) => row.fields[column] ?? "")),
  };
}

/** The classes in alphabetical order, and each row's class number. */
export function readClasses({ file, rows }: Table, target: string): { classes: string[]; targets: Float64Array } {
  const fields = rows.map((row) => requireField(file, row, target));
  const classes = [...new Set(fields)].sort();
  if (classes.length < 2)
    throw new UserError(
      `${file}: column ${target} is ${classes[0]} in every row; a classification needs two classes or more`,
    );
  if (classes.length > MOST_CLASSES)
    throw new UserError(
      `${file}: column ${target} has ${classes.length} different values; at most ${MOST_CLASSES} classes make sense`,
    );
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return { classes, targets: Float64Array.from(fields, (field) => numbers.get(field) ?? 0) };
}

/** The numbers to predict, row by row. */
export function readQuantities({ file, rows }: Table, target: string): Float64Array {
  return Float64Array.from(rows, (row) => readNumber(file, row, target, requireField(file, row, target)));
}

function readNumber(file: string, row: Row, column: string, field: string): number {
  const value = Math.fround(Number(field));
  if (Number.isFinite(value)) return value;
  throw new UserError(
    `${file}, line ${row.line}, column ${column}: "${field}" is not a number; leave a feature empty where it is missing`,
  );
}
