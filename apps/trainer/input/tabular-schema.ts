import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import { type Row, readFailure, type Table } from "./table.ts";

/** The meaning of the columns of a table. */
export interface TabularSchema {
  readonly target: string;
  readonly problem: "classification" | "regression";
  /** Numeric and categorical features, each in the order of the table. */
  readonly numeric: readonly string[];
  readonly categorical: readonly string[];
}

/** The part of a schema that the user gives; the rest is inferred from the rows. */
export const SchemaHints = z.strictObject({
  target: z.string().min(1).optional(),
  problem: z.enum(["classification", "regression"]).optional(),
  numeric: z.array(z.string().min(1)).optional(),
  categorical: z.array(z.string().min(1)).optional(),
});
export type SchemaHints = z.infer<typeof SchemaHints>;

/** A text column with more different values than this is not categorical. */
const MOST_CATEGORIES = 50;
/** A numeric target with more different values than this is a regression. */
const MOST_NUMBER_CLASSES = 20;
/** A column with at least this share of numbers is numeric; its other values are then errors in the data. */
const NUMERIC_SHARE = 0.9;

/** Reads a schema file: a JSON object with any of `target`, `problem`, `numeric`, `categorical`. */
export async function readSchemaFile(file: string): Promise<SchemaHints> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UserError(
      error instanceof SyntaxError
        ? `${file} is not JSON: ${error.message}`
        : `cannot read the schema ${file}: ${readFailure(error)}; it is looked up beside the data file`,
    );
  }
  const parsed = SchemaHints.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UserError(
    `${file}: ${issue && z.core.toDotPath(issue.path)}${issue?.path.length ? ": " : ""}${issue?.message}`,
  );
}

/**
 * Completes the hints of the user. By default the last column is the target, a numeric target with many values is a
 * regression, and the other columns are numeric or categorical by their values. Text columns with too many values are left
 * out.
 *
 * @param onLeftOut called for each column that is left out, with the number of its different values
 */
export function completeSchema(
  table: Table,
  hints: SchemaHints,
  onLeftOut: (column: string, different: number) => void,
): TabularSchema {
  const columns = Object.keys(table.rows[0]?.fields ?? {});
  const target = hints.target ?? columns.at(-1) ?? "";
  const named = [...(hints.numeric ?? []), ...(hints.categorical ?? [])];
  for (const column of [target, ...named]) {
    if (columns.includes(column)) continue;
    throw new UserError(`${table.file}: there is no column ${column}; the columns are ${columns.join(", ")}`);
  }
  if (named.includes(target)) throw new UserError(`column ${target} is the target: it cannot be a feature too`);
  const duplicate = named.find((column, i) => named.indexOf(column) !== i);
  if (duplicate !== undefined) throw new UserError(`column ${duplicate} is named twice among the features`);
  const numeric: string[] = [];
  const categorical: string[] = [];
  // If the user names any feature, only the named ones are used.
  for (const column of named.length > 0 ? named : columns.filter((name) => name !== target)) {
    if (hints.numeric?.includes(column)) numeric.push(column);
    else if (hints.categorical?.includes(column)) categorical.push(column);
    else if (looksNumeric(table.rows, column)) numeric.push(column);
    else if (countDifferent(table.rows, column) <= MOST_CATEGORIES) categorical.push(column);
    else onLeftOut(column, countDifferent(table.rows, column));
  }
  if (numeric.length + categorical.length === 0)
    throw new UserError(
      `${table.file}: there is no feature besides the target ${target}; name some with numeric= or categorical=`,
    );
  const inOrder = (names: readonly string[]) => columns.filter((column) => names.includes(column));
  return {
    target,
    problem: hints.problem ?? inferProblem(table.rows, target),
    numeric: inOrder(numeric),
    categorical: inOrder(categorical),
  };
}

function inferProblem(rows: readonly Row[], target: string): TabularSchema["problem"] {
  const many = countDifferent(rows, target) > MOST_NUMBER_CLASSES;
  return many && looksNumeric(rows, target) ? "regression" : "classification";
}

/** Whether the non-empty fields of a column are numbers, apart from a few errors; false for an empty column. */
function looksNumeric(rows: readonly Row[], column: string): boolean {
  let filled = 0;
  let numbers = 0;
  for (const { fields } of rows) {
    const field = fields[column] ?? "";
    if (field === "") continue;
    filled++;
    if (!Number.isNaN(Number(field)) || /^[-+]?(nan|inf|infinity)$/i.test(field)) numbers++;
  }
  return filled > 0 && numbers >= filled * NUMERIC_SHARE;
}

function countDifferent(rows: readonly Row[], column: string): number {
  return new Set(rows.map(({ fields }) => fields[column] ?? "")).size;
}
