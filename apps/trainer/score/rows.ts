import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CsvError, parse } from "csv-parse";
import { UserError } from "../../registry/index.ts";
import { parseObject, readFailure } from "../input/table.ts";

/** A row to score: its fields by column as in the file, and its last line. */
export interface ScoringRow {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Streams the rows of a CSV file with a header line, or of a JSONL file if its name ends in `.jsonl`.
 *
 * @throws UserError naming file and line
 */
export async function* readRows(file: string): AsyncGenerator<ScoringRow> {
  try {
    yield* file.endsWith(".jsonl") ? jsonRows(file) : csvRows(file);
  } catch (error) {
    if (error instanceof CsvError) throw new UserError(`${file}: ${error.message}`);
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read ${file}: ${readFailure(error)}`);
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
