import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import { readFailure, type Table } from "./table/table.ts";
import { isNumeric } from "./table/values.ts";

/** The meaning of the columns of a table. */
export interface TabularSchema {
  readonly target: string;
  readonly problem: "classification" | "regression";
  /** Numeric and categorical features, each in the order of the table. */
  readonly numeric: readonly string[];
  readonly categorical: readonly string[];
  /** Of categorical columns with many values, those that are categories. */
  readonly frequent?: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The part of a schema that the user gives; the rest is inferred from the rows. */
export const SchemaHints = z.strictObject({
  target: z.string().min(1).optional(),
  problem: z.enum(["classification", "regression"]).optional(),
  numeric: z.array(z.string().min(1)).optional(),
  categorical: z.array(z.string().min(1)).optional(),
});
export type SchemaHints = z.infer<typeof SchemaHints>;

/** Of a text column with more different values than this, only the frequent ones are categories. */
const MOST_CATEGORIES = 50;
/** Such a category has at least this many rows, and all of them together have at least this share of the rows. */
const LEAST_CATEGORY_ROWS = 5;
const LEAST_COVERED = 0.5;
/** A text column of more rows than this whose values are all different names the rows. */
const LEAST_IDS = 10;
/** A numeric target with more different values than this is a quantity; so is one with fewer rows per value than classes need. */
const MOST_NUMBER_CLASSES = 20;
const LEAST_CLASS_ROWS = 5;
/** A target with fractions and more different values than this is a quantity. */
const MOST_FRACTION_CLASSES = 5;

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

/** A schema, and what was guessed or left out: sentences for the user. */
export interface CompletedSchema {
  readonly schema: TabularSchema;
  readonly notes: readonly string[];
  /** Columns that are no features although the user has not said so. */
  readonly leftOut: readonly string[];
}

/**
 * Completes the hints of the user. By default the last column is the target, a numeric target with many values is a
 * regression, and the other columns are numeric or categorical by their values. Of a text column with many values the
 * frequent ones are categories; it is left out if they are too few.
 *
 * @throws UserError if a hint names no column, or no feature is left
 */
export function completeSchema(table: Table, hints: SchemaHints): CompletedSchema {
  const { columns } = table;
  const target = hints.target ?? columns.at(-1) ?? "";
  const named = [...(hints.numeric ?? []), ...(hints.categorical ?? [])];
  for (const column of [target, ...named]) {
    if (columns.includes(column)) continue;
    throw new UserError(`${table.file}: there is no column ${column}; the columns are ${columns.join(", ")}`);
  }
  if (named.includes(target)) throw new UserError(`column ${target} is the target: it cannot be a feature too`);
  const duplicate = named.find((column, i) => named.indexOf(column) !== i);
  if (duplicate !== undefined) throw new UserError(`column ${duplicate} is named twice among the features`);
  const notes: string[] = hints.target === undefined ? [`the target is ${target}, the last column`] : [];
  const leftOut: string[] = [];
  const numeric: string[] = [];
  const categorical: string[] = [];
  const frequent = new Map<string, ReadonlySet<string>>();
  // If the user names any feature, only the named ones are used.
  for (const column of named.length > 0 ? named : columns.filter((name) => name !== target)) {
    if (hints.numeric?.includes(column)) numeric.push(column);
    else if (hints.categorical?.includes(column)) categorical.push(column);
    else if (isNumeric(fieldsOf(table, column))) numeric.push(column);
    else {
      const found = findCategories(fieldsOf(table, column));
      if (found.note) notes.push(`column ${column} ${found.note}`);
      if (found.frequent) frequent.set(column, found.frequent);
      if (found.leftOut) leftOut.push(column);
      else categorical.push(column);
    }
  }
  if (numeric.length + categorical.length === 0)
    throw new UserError(
      `${table.file}: there is no feature besides the target ${target}; ${leftOut.length > 0 ? `left out: ${notes.filter((note) => note.startsWith("column")).join("; ")}; ` : ""}name some with numeric= or categorical=`,
    );
  const inOrder = (names: readonly string[]) => columns.filter((column) => names.includes(column));
  const problem = hints.problem ?? inferProblem(fieldsOf(table, target), target, notes);
  const schema = { target, problem, numeric: inOrder(numeric), categorical: inOrder(categorical), frequent };
  return { schema, notes, leftOut };
}

/** The rows that have a target; those without one teach nothing. */
export function rowsWithTarget(table: Table, target: string): Table {
  const rows = table.rows.filter(({ fields }) => (fields[target] ?? "") !== "");
  const without = table.rows.length - rows.length;
  if (without === 0 || !table.columns.includes(target)) return table;
  if (without > table.rows.length / 2)
    throw new UserError(
      `${table.file}: column ${target}, the target, is empty in ${without} of ${table.rows.length} rows; name another column with --param target=NAME`,
    );
  return { ...table, rows, notes: [...table.notes, `${without} rows without ${target}, the target, were left out`] };
}

interface FoundCategories {
  readonly frequent?: ReadonlySet<string>;
  readonly leftOut?: boolean;
  readonly note?: string;
}

/** Decides whether a column of words is a category. */
function findCategories(fields: readonly string[]): FoundCategories {
  const counts = new Map<string, number>();
  for (const field of fields) counts.set(field, (counts.get(field) ?? 0) + 1);
  if (counts.size === 1 && counts.has("")) return { leftOut: true, note: "is empty and was left out" };
  if (counts.size === fields.length && fields.length > LEAST_IDS)
    return { leftOut: true, note: "was left out: its values are all different" };
  if (counts.size <= MOST_CATEGORIES) return {};
  const usual = [...counts]
    .filter(([, count]) => count >= LEAST_CATEGORY_ROWS)
    .sort(([a, times], [b, others]) => others - times || (a < b ? -1 : 1))
    .slice(0, MOST_CATEGORIES);
  const covered = usual.reduce((sum, [, count]) => sum + count, 0);
  if (covered < fields.length * LEAST_COVERED)
    return { leftOut: true, note: `was left out: text with ${counts.size} different values` };
  return {
    frequent: new Set(usual.map(([word]) => word)),
    note: `has ${counts.size} different values: the ${usual.length} most frequent are categories, the others (${fields.length - covered} rows) count as unknown`,
  };
}

function inferProblem(fields: readonly string[], target: string, notes: string[]): TabularSchema["problem"] {
  if (!isNumeric(fields)) return "classification";
  const present = fields.filter((field) => field !== "");
  const different = new Set(present).size;
  const hasFractions = present.some((field) => !Number.isInteger(Number(field)));
  const isQuantity =
    different > MOST_NUMBER_CLASSES ||
    (different > 2 && present.length / different < LEAST_CLASS_ROWS) ||
    (hasFractions && different > MOST_FRACTION_CLASSES);
  const meaning = isQuantity
    ? "a quantity (regression); for classes give --param problem=classification"
    : "classes; for a quantity give --param problem=regression";
  notes.push(`${target} has ${different} different numbers, taken for ${meaning}`);
  return isQuantity ? "regression" : "classification";
}

function fieldsOf({ rows }: Table, column: string): string[] {
  return rows.map(({ fields }) => fields[column] ?? "");
}
