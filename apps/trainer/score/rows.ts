import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { UserError } from "../../registry/index.ts";
import { csvOptions, describeCsvError, SEPARATORS, sniffSeparator } from "../input/table/csv.ts";
import { rejectOtherKinds, utf16, windows1252 } from "../input/table/decode.ts";
import { uniqueNames } from "../input/table/header.ts";
import { parseObject } from "../input/table/json-lines.ts";
import { readFailure } from "../input/table/table.ts";

/** A row to score: its fields by column as in the file, and its last line. */
export interface ScoringRow {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Bytes from which the encoding and the separator are found out. */
const START = 65_536;

/**
 * Streams the rows of a CSV file with a header line, or of a JSONL file if its name ends in `.jsonl` or `.ndjson`. Encoding and
 * separator are found out as for training data.
 *
 * @throws UserError naming file and line
 */
export async function* readRows(file: string): AsyncGenerator<ScoringRow> {
  try {
    yield* /\.(jsonl|ndjson)$/i.test(file) ? jsonRows(file) : csvRows(file);
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(describeCsvError(file, error));
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${readFailure(error)}`);
  }
}

async function* jsonRows(file: string): AsyncGenerator<ScoringRow> {
  let line = 0;
  const input = Readable.from(readText(file, await encodingOf(file)));
  for await (const content of createInterface({ input, crlfDelay: Infinity })) {
    line++;
    if (content.trim() === "") continue;
    yield { line, fields: Object.fromEntries(parseObject(file, line, content)) };
  }
}

async function* csvRows(file: string): AsyncGenerator<ScoringRow> {
  const encoding = await encodingOf(file);
  const start = decodeStart(await readStart(file), encoding);
  const named = /^"?sep=(.)"?\r?\n/i.exec(start);
  const options = { ...csvOptions(start), relax_column_count: false, from_line: named ? 2 : 1 };
  const delimiter = named?.[1] ?? sniffSeparator(start, options);
  const parser = parse({ ...options, delimiter, info: true, columns: uniqueNames });
  const source = Readable.from(readText(file, encoding));
  source.once("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<CsvRecord>)
      yield { line: info.lines, fields: record };
  } catch (error) {
    if (error instanceof CsvError && error.code === "CSV_RECORD_INCONSISTENT_COLUMNS")
      throw new UserError(
        `${file}: ${error.message}; fields are separated by ${SEPARATORS[delimiter] ?? `"${delimiter}"`}, put fields that contain one in double quotes`,
      );
    throw error;
  }
}

type TextEncoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** The encoding of a file, which is read once to see whether it is UTF-8. */
async function encodingOf(file: string): Promise<TextEncoding> {
  const start = await readStart(file);
  rejectOtherKinds(file, start);
  const wide = utf16(start);
  if (wide !== undefined) return wide;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const chunk of createReadStream(file)) {
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      return "windows-1252";
    }
  }
  return "utf-8";
}

async function* readText(file: string, encoding: TextEncoding): AsyncGenerator<string> {
  if (encoding === "windows-1252") {
    for await (const chunk of createReadStream(file)) yield windows1252(chunk);
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const chunk of createReadStream(file)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function decodeStart(start: Buffer, encoding: TextEncoding): string {
  return encoding === "windows-1252" ? windows1252(start) : new TextDecoder(encoding).decode(start);
}

async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START), 0, START, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}
