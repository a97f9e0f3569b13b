import { UserError } from "../../../registry/index.ts";
import type { RawTable } from "./csv.ts";
import { type MissingWords, missingWords } from "./missing.ts";
import { findNotation, type Notation, NUMERIC_SHARE, plainNumeral, provenDecimal } from "./notation.ts";
import type { ReadOptions } from "./options.ts";

export interface ReadValues {
  /** Words that were read as missing values, by column. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  readonly notes: readonly string[];
}

/**
 * Rewrites the fields in place: words for a missing value become "", and the numbers of a column that writes them with decimal
 * commas, thousands separators, or a currency or percent sign become plain numerals.
 *
 * @throws UserError if the notation of a column cannot be decided
 */
export function readValues(file: string, { header, records }: RawTable, options: ReadOptions): ReadValues {
  const words = missingWords(options.missing);
  const columns = header.map((name, column) => ({ name, column, fields: presentFields(records, column, words) }));
  const proven = new Set(columns.map(({ fields }) => provenDecimal(fields)).filter((decimal) => decimal !== undefined));
  const decimal = options.decimal ?? (proven.size === 1 ? [...proven][0] : undefined);
  const missing = new Map<string, string[]>();
  const empties: string[] = [];
  const notations: string[] = [];
  for (const { name, column, fields } of columns) {
    const notation = findNotation(fields, decimal);
    if (notation === "ambiguous") throw ambiguous(file, name, column, records);
    const isMissing = notation === undefined ? words.isMissing : words.isMissingNumber;
    const counts = new Map<string, number>();
    for (const { cells } of records) {
      const cell = cells[column] ?? "";
      if (cell !== "" && isMissing(cell)) {
        counts.set(cell, (counts.get(cell) ?? 0) + 1);
        cells[column] = "";
      } else if (notation !== undefined && notation !== "plain") {
        cells[column] = plainNumeral(cell, notation) ?? cell;
      }
    }
    if (counts.size > 0) {
      missing.set(name, [...counts.keys()]);
      empties.push(`${name} (${[...counts].map(([word, times]) => `${times} × ${word}`).join(", ")})`);
    }
    if (notation !== undefined && notation !== "plain") notations.push(`${name} (${describe(notation)})`);
  }
  return {
    missing,
    notes: [
      ...(empties.length > 0 ? [`read as missing values: ${empties.join(", ")}`] : []),
      ...(notations.length > 0 ? [`read as numbers: ${notations.join(", ")}`] : []),
    ],
  };
}

/** The fields of a column without missing values: without words that are missing among numbers, if the rest are numbers. */
function presentFields(records: RawTable["records"], column: number, words: MissingWords): string[] {
  const present = records.map(({ cells }) => cells[column] ?? "").filter((cell) => !words.isMissing(cell));
  const numbers = present.filter((cell) => !words.isMissingNumber(cell));
  return numbers.length > 0 && findNotation(numbers, ".") !== undefined ? numbers : present;
}

function describe({ decimal, grouped, sign }: Notation): string {
  return [decimal === "," ? "decimal comma" : "", grouped ? "digits in groups" : "", sign ? `without ${sign}` : ""]
    .filter(Boolean)
    .join(", ");
}

function ambiguous(file: string, name: string, column: number, records: RawTable["records"]): UserError {
  const record = records.find(({ cells }) => /[.,]/.test(cells[column] ?? ""));
  const field = record?.cells[column] ?? "";
  return new UserError(
    `${file}, line ${record?.line}, column ${name}: "${field}" can be ${field.replace(/[.,]/g, "")} or ${field.replace(",", ".")}; give --param decimal=. or --param decimal=,`,
  );
}

/** Whether the present fields of a column, once read, are numbers but for a few errors. */
export function isNumeric(fields: readonly string[]): boolean {
  const present = fields.filter((field) => field !== "");
  const numbers = present.filter(
    (field) => plainNumeral(field, "plain") !== undefined || /^[-+]?inf(inity)?$/i.test(field),
  );
  return present.length > 0 && numbers.length >= present.length * NUMERIC_SHARE;
}
