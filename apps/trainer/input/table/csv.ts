import { CsvError, type Options, parse } from "csv-parse/sync";
import { UserError } from "../../../registry/index.ts";

/** A table before its columns are understood: names and fields in the order of the file. */
export interface RawTable {
  readonly header: string[];
  readonly records: { readonly line: number; readonly cells: string[] }[];
  readonly notes: string[];
}

export const SEPARATORS: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "vertical bars",
};
/** Characters and records from which the separator is found out. */
const SNIFFED = 65_536;
const SNIFFED_RECORDS = 30;

/**
 * Parses CSV with a header line. Lines without any content are skipped, and so are empty fields beyond the header's.
 *
 * @param separator the separator that the user has named
 * @throws UserError naming file and line
 */
export function parseCsv(file: string, text: string, separator?: string): RawTable {
  const notes: string[] = [];
  // Excel writes and reads a first line that names the separator.
  const named = /^"?sep=(.)"?\r?\n/i.exec(text);
  const options = { ...csvOptions(text), from_line: named ? 2 : 1 };
  const delimiter = separator ?? named?.[1] ?? sniffSeparator(text, options);
  if (delimiter !== ",") notes.push(`fields are separated by ${SEPARATORS[delimiter] ?? `"${delimiter}"`}`);
  const [head, ...rest] = readRecords(file, text, { ...options, delimiter });
  if (!head) return { header: [], records: [], notes };
  const { cells: header } = head;
  const records = rest.filter(({ cells }) => cells.some((cell) => cell !== ""));
  if (records.length < rest.length) notes.push(`${rest.length - records.length} empty rows were left out`);
  rejectSpaces(file, head.line, header, records);
  // R's write.table() names no column for the row names.
  if (hasRowNames(header, records)) header.unshift("");
  for (const { line, cells } of records) {
    while (cells.length > header.length && cells.at(-1) === "") cells.pop();
    if (cells.length === header.length) continue;
    throw new UserError(
      `${file}, line ${line}: has ${count(cells.length, "field")}, the header has ${header.length}; fields are separated by ${SEPARATORS[delimiter] ?? `"${delimiter}"`}, put fields that contain one in double quotes`,
    );
  }
  return { header, records, notes };
}

/** Options of the parser that depend on the text: what ends a line. */
export function csvOptions(text: string): Options {
  const lineEnds = text.includes("\n") ? ["\r\n", "\n"] : ["\r"];
  return {
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    record_delimiter: lineEnds,
  };
}

/** The separator that divides the first lines into equal numbers of fields, otherwise the one that divides the header most. */
export function sniffSeparator(text: string, options: Options): string {
  const start = text.length > SNIFFED ? text.slice(0, text.lastIndexOf("\n", SNIFFED)) : text;
  const tried = Object.keys(SEPARATORS).map((delimiter) => {
    let rows: string[][] = [];
    try {
      rows = parse(start, { ...options, delimiter, to: SNIFFED_RECORDS });
    } catch {
      // Quotes that are wrong with this separator: it is not the one, or the error is reported later.
    }
    const width = rows[0]?.length ?? 0;
    const even = rows.length > 1 && rows.slice(1).every((row) => row.length === width || row.length === width + 1);
    return { delimiter, width, even: even && width > 1 };
  });
  const [best] = tried.sort((a, b) => Number(b.even) - Number(a.even) || b.width - a.width);
  return best && best.width > 1 ? best.delimiter : ",";
}

function readRecords(file: string, text: string, options: Options): RawTable["records"] {
  try {
    const records: unknown = parse(text, { ...options, info: true });
    return (records as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines,
      cells: record,
    }));
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(describeCsvError(file, error));
    throw error;
  }
}

/** What is wrong with a CSV file, where, and what to do. */
export function describeCsvError(file: string, error: CsvError): string {
  const { code, lines } = error as CsvError & { lines?: number };
  const where = lines === undefined ? file : `${file}, line ${lines}`;
  if (code === "CSV_QUOTE_NOT_CLOSED")
    return `${file}: a double quote is opened and never closed${lines === undefined ? "" : ` before line ${lines}, the end`}; close it, or double each quote that belongs to a text ("")`;
  if (code === "CSV_INVALID_CLOSING_QUOTE" || code === "INVALID_OPENING_QUOTE")
    return `${where}: there is a double quote inside a quoted field; double each quote that belongs to a text ("")`;
  return `${file}: ${error.message}`;
}

function hasRowNames(header: readonly string[], records: RawTable["records"]): boolean {
  if (records.length < 2 || !records.every(({ cells }) => cells.length === header.length + 1)) return false;
  return new Set(records.map(({ cells }) => cells[0])).size === records.length;
}

/** Fields between spaces cannot be told from words of a text. */
function rejectSpaces(file: string, line: number, header: readonly string[], records: RawTable["records"]): void {
  const [only = "", ...others] = header;
  const words = (cell = "") => cell.split(/\s+/).length;
  if (others.length > 0 || words(only) < 2 || records.length < 3) return;
  if (!records.slice(0, SNIFFED_RECORDS).every(({ cells }) => words(cells[0]) === words(only))) return;
  throw new UserError(`${file}, line ${line}: fields seem to be separated by spaces; separate them by commas`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
