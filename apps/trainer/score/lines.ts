import type { Prediction } from "./prediction.ts";
import type { ScoringRow } from "./rows.ts";

/** Formats rows and their predictions as lines of a file. */
export interface LineFormat {
  header(first: ScoringRow, prediction: Prediction): string;
  line(row: ScoringRow, prediction: Prediction): string;
}

/** The format of a file: JSONL if its name ends in `.jsonl`, otherwise CSV with a header. */
export function lineFormat(file: string): LineFormat {
  return file.endsWith(".jsonl") ? JSON_LINES : CSV_LINES;
}

const JSON_LINES: LineFormat = {
  header: () => "",
  line: ({ fields }, prediction) => `${JSON.stringify({ ...fields, ...prediction })}\n`,
};

const CSV_LINES: LineFormat = {
  header: ({ fields }, prediction) => csvLine(Object.keys({ ...fields, ...prediction })),
  line: ({ fields }, prediction) => csvLine(Object.values({ ...fields, ...prediction })),
};

function csvLine(values: readonly unknown[]): string {
  return `${values.map(csvField).join(",")}\n`;
}

/** Formats a field by RFC 4180: in quotes if it contains a separator or a quote. */
function csvField(value: unknown): string {
  const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
