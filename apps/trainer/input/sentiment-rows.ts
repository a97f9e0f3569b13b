import { UserError } from "../../registry/index.ts";
import { readTable, requireField, type Table } from "./table.ts";

/** Classes by number. */
export const SENTIMENTS: readonly string[] = ["negative", "positive"];

export interface SentimentRows extends Table {
  readonly texts: readonly string[];
  /** 0 negative, 1 positive. */
  readonly targets: Uint8Array;
  /** Rows of a group are variants of one sentence. Rows without a `group` field form a group with all rows of the same text. */
  readonly groups: readonly string[];
}

/** Reads the columns `text`, `label` (negative or positive) and, if it exists, `group`. */
export async function readSentimentRows(file: string): Promise<SentimentRows> {
  const table = await readTable(file, ["text", "label"]);
  const texts = table.rows.map((row) => requireField(file, row, "text"));
  const targets = Uint8Array.from(table.rows, (row) => {
    const label = requireField(file, row, "label").toLowerCase();
    const index = SENTIMENTS.indexOf(label);
    if (index >= 0) return index;
    throw new UserError(
      `${file}, line ${row.line}, column label: "${row.fields["label"]}" is not one of ${SENTIMENTS.join(", ")}`,
    );
  });
  for (const [index, name] of SENTIMENTS.entries()) {
    if (!targets.includes(index))
      throw new UserError(`${file}: no row has the label ${name}; training needs both labels`);
  }
  const groups = table.rows.map((row, index) => row.fields["group"] || `text ${texts[index]?.toLowerCase()}`);
  return { ...table, texts, targets, groups };
}
