import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CsvError, parse } from "csv-parse/sync";
import { errorCode, errorMessage, UserError } from "../../registry/index.ts";

/** A row of a data file: its fields by column name, and its last line, for error messages. */
export interface Row {
  readonly line: number;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Table {
  readonly file: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  readonly rows: readonly Row[];
}

/**
 * Reads a CSV file with a header line, or a JSONL file (one object per line) if its name ends in `.jsonl`.
 *
 * @throws UserError naming file, line and column if the file cannot be read, has no rows, or lacks a required column
 */
export async function readTable(file: string, required: readonly string[]): Promise<Table> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UserError(`cannot read ${file}: ${readFailure(error)}; give the data file with --data FILE`);
  });
  const text = bytes.toString("utf8");
  const rows = file.endsWith(".jsonl") ? parseJsonLines(file, text, required) : parseCsv(file, text, required);
  if (rows.length === 0)
    throw new UserError(
      `${file} has no rows: it needs ${required.length > 0 ? `the columns ${required.join(", ")} and data below` : "a header line with the columns, and data below"}`,
    );
  return { file, sha256: createHash("sha256").update(bytes).digest("hex"), rows };
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

function parseCsv(file: string, text: string, required: readonly string[]): Row[] {
  try {
    const records: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      columns: (header: string[]) => {
        requireColumns(`${file}, line 1`, header, required);
        return header;
      },
    });
    return records.map(({ record, info }) => ({ line: info.lines, fields: record }));
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${file}: ${error.message}`);
    throw error;
  }
}

function parseJsonLines(file: string, text: string, required: readonly string[]): Row[] {
  const rows: Row[] = [];
  text.split(/\r?\n/).forEach((content, index) => {
    if (content.trim() === "") return;
    const line = index + 1;
    const fields = Object.fromEntries(
      parseObject(file, line, content).map(([name, value]) => [name, String(value ?? "").trim()]),
    );
    requireColumns(`${file}, line ${line}`, Object.keys(fields), required);
    rows.push({ line, fields });
  });
  return rows;
}

/** Parses one line of JSONL into names and values. */
export function parseObject(file: string, line: number, content: string): [string, unknown][] {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw new UserError(`${file}, line ${line}: is not JSON; a .jsonl file has one object per line`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${file}, line ${line}: is not an object; a .jsonl file has one object per line`);
  }
  return Object.entries(value);
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
