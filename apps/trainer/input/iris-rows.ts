import { UserError } from "../../registry/index.ts";
import { readTable, requireField, type Table } from "./table.ts";

/** Measurements in centimeters, in column order. */
export const MEASUREMENTS = ["sepal_length", "sepal_width", "petal_length", "petal_width"] as const;

export interface IrisRows extends Table {
  /** Row-major [rows, 4]. */
  readonly features: Float32Array;
  readonly targets: Uint8Array;
  /** Names of the species by class number, in alphabetical order. */
  readonly species: readonly string[];
}

/** Reads the columns `sepal_length`, `sepal_width`, `petal_length`, `petal_width` (numbers) and `species`. */
export async function readIrisRows(file: string): Promise<IrisRows> {
  const table = await readTable(file, [...MEASUREMENTS, "species"]);
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
