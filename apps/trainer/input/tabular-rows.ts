import { UserError } from "../../registry/index.ts";
import type { TabularColumns } from "../learn/tabular/columns.ts";
import { NUMERAL } from "./table/notation.ts";
import { type Row, requireField, type Table } from "./table/table.ts";
import type { TabularSchema } from "./tabular-schema.ts";

/** More classes than this are a mistake in the data. */
const MOST_CLASSES = 100;

/**
 * Reads the features.
 *
 * @throws UserError naming file, line and column of a numeric field that is not a number
 */
export function readColumns(
  { file, rows }: Table,
  schema: Pick<TabularSchema, "numeric" | "categorical" | "frequent">,
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
    frequent: schema.categorical.map((column) => schema.frequent?.get(column)),
  };
}

/** Reads the target: the classes in alphabetical order, and the class number of each row. */
export function readClasses({ file, rows }: Table, target: string): { classes: string[]; targets: Float64Array } {
  const fields = rows.map((row) => requireField(file, row, target));
  const classes = [...new Set(fields)].sort();
  if (classes.length < 2)
    throw new UserError(
      `${file}: column ${target} is ${classes[0]} in every row; a classification needs at least two classes`,
    );
  if (classes.length > MOST_CLASSES)
    throw new UserError(
      `${file}: column ${target} has ${classes.length} different values; at most ${MOST_CLASSES} classes are supported`,
    );
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return { classes, targets: Float64Array.from(fields, (field) => numbers.get(field) ?? 0) };
}

/** Reads the numbers to predict, one per row. */
export function readQuantities({ file, rows }: Table, target: string): Float64Array {
  return Float64Array.from(rows, (row) => readNumber(file, row, target, requireField(file, row, target)));
}

function readNumber(file: string, row: Row, column: string, field: string): number {
  const value = NUMERAL.test(field) ? Math.fround(Number(field)) : Number.NaN;
  if (Number.isFinite(value)) return value;
  if (NUMERAL.test(field))
    throw new UserError(
      `${file}, line ${row.line}, column ${column}: ${field} is too large; a model reads numbers up to 3.4e38`,
    );
  throw new UserError(
    `${file}, line ${row.line}, column ${column}: "${field}" is not a number; leave the field empty if the value is missing, or name the word with --param missing=WORD`,
  );
}
