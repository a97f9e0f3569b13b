import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { errorCode, errorMessage, UserError } from "../../../registry/index.ts";
import { parseCsv } from "./csv.ts";
import { decode } from "./decode.ts";
import { nameColumns } from "./header.ts";
import { parseJsonLines } from "./json-lines.ts";
import type { ReadOptions } from "./options.ts";
import { readValues } from "./values.ts";

/** A row of a data file: its fields by column name, and its last line, for error messages. */
export interface Row {
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Table {
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Names of the columns in the order of the file. */
  readonly columns: readonly string[];
  /** Missing values are "", numbers are written with a decimal point and without a thousands separator. */
  readonly rows: readonly Row[];
  /** Words that were read as missing values, by column. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
  /** What was guessed, left out or changed in reading: sentences for the user. */
  readonly notes: readonly string[];
}

/**
 * Reads a CSV file with a header line, or a JSONL file (one object per line) if its name ends in `.jsonl` or `.ndjson`.
 *
 * @throws UserError naming file, line and column if the file cannot be read, has no rows, or lacks a required column
 */
export async function readTable(file: string, required: readonly string[], options: ReadOptions = {}): Promise<Table> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`cannot read ${file}: ${readFailure(error)}; give the data file with --data FILE`);
  });
  const { text, notes } = decode(file, bytes, options.encoding);
  const isJsonLines = /\.(jsonl|ndjson)$/i.test(file);
  if (!isJsonLines && /^\s*[[{]/.test(text.slice(0, 100)))
    throw new UserError(
      `${file} has JSON; give it a name that ends in .jsonl, with one object per line (jq -c '.[]' makes that of a list)`,
    );
  const raw = isJsonLines ? parseJsonLines(file, text) : parseCsv(file, text, options.separator);
  if (raw.records.length === 0)
    throw new UserError(
      `${file} has no rows: it needs ${required.length > 0 ? `the columns ${required.join(", ")} and data below` : "a header line with the columns, and data below"}`,
    );
  const named = nameColumns(file, raw, required);
  requireColumns(`${file}, line 1`, named.header, required);
  const values = readValues(file, named, options);
  return {
    file,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    columns: named.header,
    rows: named.records.map(({ line, cells }) => ({
      line,
      fields: Object.fromEntries(named.header.map((name, column) => [name, cells[column] ?? ""])),
    })),
    missing: values.missing,
    notes: [...notes, ...named.notes, ...values.notes],
  };
}

/**
 * The field of a column.
 *
 * @throws UserError if it is empty
 */
export function requireField(file: string, row: Row, column: string): string {
  const value = row.fields[column] ?? "";
  if (value === "") throw new UserError(`${file}, line ${row.line}, column ${column}: is empty`);
  return value;
}

function requireColumns(place: string, found: readonly string[], required: readonly string[]): void {
  for (const column of required) {
    if (found.includes(column)) continue;
    throw new UserError(
      `${place}: column ${column} is missing; the file has ${found.join(", ")}; required are ${required.join(", ")}`,
    );
  }
}

/** The reason why a file could not be read. */
export function readFailure(error: unknown): string {
  const code = errorCode(error);
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  return errorMessage(error);
}
