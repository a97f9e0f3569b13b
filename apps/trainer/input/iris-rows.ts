import { UserError } from "../../registry/index.ts";
import type { ReadOptions } from "./table/options.ts";
import { readTable, requireField, type Table } from "./table/table.ts";

/** Measurements in centimeters, in column order. */
export const MEASUREMENTS = ["sepal_length", "sepal_width", "petal_length", "petal_width"] as const;

export interface IrisRows extends Table {
  /** Row-major [rows, 4]. */
  readonly features: Float32Array;
  readonly targets: Uint8Array;
  /** Names of the species by class number, in alphabetical order. */
  readonly species: readonly string[];
}

/** Other names of the column `species` in public copies of the data set. */
const SPECIES_NAMES = ["variety", "class", "target"];

/**
 * Reads the columns `sepal_length`, `sepal_width`, `petal_length`, `petal_width` (numbers) and `species`, also under the names
 * of scikit-learn, R and Kaggle: `sepal length (cm)`, `Sepal.Length`, `SepalLengthCm`.
 */
export async function readIrisRows(file: string, options: ReadOptions = {}): Promise<IrisRows> {
  const table = renameColumns(await readTable(file, [], options));
  const lacking = [...MEASUREMENTS, "species"].find((column) => !table.columns.includes(column));
  if (lacking !== undefined)
    throw new UserError(
      `${file}, line 1: column ${lacking} is missing; the file has ${table.columns.join(", ")}; required are ${[...MEASUREMENTS, "species"].join(", ")}`,
    );
  const features = Float32Array.from(
    table.rows.flatMap((row) =>
      MEASUREMENTS.map((column) => {
        const field = requireField(file, row, column);
        const value = Math.fround(Number(field));
        if (Number.isFinite(value)) return value;
        throw new UserError(`${file}, line ${row.line}, column ${column}: "${field}" is not a number`);
      }),
    ),
  );
  const names = table.rows.map((row) => requireField(file, row, "species"));
  const species = [...new Set(names)].sort();
  if (species.length < 2)
    throw new UserError(`${file}: every row has the species ${species[0]}; training needs at least two`);
  if (species.length > 20)
    throw new UserError(`${file}: column species has ${species.length} different values; at most 20 are supported`);
  return { ...table, features, species, targets: Uint8Array.from(names, (name) => species.indexOf(name)) };
}

function renameColumns(table: Table): Table {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]|\(?cm\)?$/g, "");
  const renamed = new Map<string, string>();
  for (const column of [...MEASUREMENTS, "species"]) {
    if (table.columns.includes(column)) continue;
    const names = column === "species" ? ["species", ...SPECIES_NAMES] : [plain(column)];
    const found = names.flatMap((name) => table.columns.filter((other) => plain(other) === name))[0];
    if (found !== undefined) renamed.set(found, column);
  }
  if (renamed.size === 0) return table;
  const nameOf = (column: string) => renamed.get(column) ?? column;
  return {
    ...table,
    columns: table.columns.map(nameOf),
    rows: table.rows.map(({ line, fields }) => ({
      line,
      fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [nameOf(name), value])),
    })),
    notes: [...table.notes, ...[...renamed].map(([from, to]) => `${to} is in column ${from}`)],
  };
}
