import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CsvError, parse } from "csv-parse";
import { UserError } from "../errors.ts";
import { faultOf, parseObject } from "../input/table.ts";

/** A row to score: its fields by column, as the file has them, and the line it ends on. */
export interface ScoringRow {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Reads a CSV file with a header line, or JSONL (by the ending `.jsonl`), row by row, so that a file of any size fits in
 * memory. Throws `UserError` with file and line.
 */
export async function* readRows(file: string): AsyncGenerator<ScoringRow> {
  try {
    yield* file.endsWith(".jsonl") ? jsonRows(file) : csvRows(file);
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${file}: ${error.message}`);
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${faultOf(error)}`);
  }
}

async function* jsonRows(file: string): AsyncGenerator<ScoringRow> {
  let line = 0;
  for await (const content of createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity })) {
    line++;
    if (content.trim() === "") continue;
    yield { line, fields: Object.fromEntries(parseObject(file, line, content)) };
  }
}

async function* csvRows(file: string): AsyncGenerator<ScoringRow> {
  const source = createReadStream(file);
  const parser = parse({ bom: true, trim: true, skip_empty_lines: true, info: true, columns: true });
  source.once("error", (error) => parser.destroy(error));
  for await (const { record, info } of source.pipe(parser) as AsyncIterable<CsvRecord>)
    yield { line: info.lines, fields: record };
}

interface CsvRecord {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}
