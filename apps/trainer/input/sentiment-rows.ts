import { UserError } from "../../registry/index.ts";
import type { ReadOptions } from "./table/options.ts";
import { readTable, type Table } from "./table/table.ts";

/** Classes by number. */
export const SENTIMENTS: readonly string[] = ["negative", "positive"];

/** Which columns and words mean what; found out from the file if it is not given. */
export interface SentimentOptions extends ReadOptions {
  readonly textColumn?: string | undefined;
  readonly labelColumn?: string | undefined;
  /** Labels of negative and of positive texts; texts with other labels are left out. Give both or neither. */
  readonly negative?: readonly string[] | undefined;
  readonly positive?: readonly string[] | undefined;
}

export interface SentimentRows extends Table {
  readonly texts: readonly string[];
  /** 0 negative, 1 positive. */
  readonly targets: Uint8Array;
  /** Rows of a group are variants of one sentence. Rows without a `group` field form a group with all rows of the same text. */
  readonly groups: readonly string[];
}

const TEXT_NAMES = [
  "text",
  "review",
  "sentence",
  "comment",
  "tweet",
  "content",
  "message",
  "body",
  "reviewtext",
  "phrase",
];
const LABEL_NAMES = ["label", "sentiment", "polarity", "class", "target", "airline_sentiment", "y"];

/** Pairs of labels in public data sets. Besides a pair, a file may have the neutral label, whose texts are left out. */
const KNOWN_LABELS: readonly { negative: string; positive: string; neutral?: string }[] = [
  { negative: "negative", positive: "positive", neutral: "neutral" },
  { negative: "neg", positive: "pos", neutral: "neu" },
  { negative: "0", positive: "1" },
  { negative: "-1", positive: "1", neutral: "0" },
  { negative: "0", positive: "4", neutral: "2" },
  { negative: "1", positive: "2" },
  { negative: "__label__1", positive: "__label__2" },
  { negative: "false", positive: "true" },
];

/** Reads texts, their labels and, if it exists, the column `group`. Rows without a text or a label are left out. */
export async function readSentimentRows(file: string, options: SentimentOptions = {}): Promise<SentimentRows> {
  const table = await readTable(file, [], options);
  const notes = [...table.notes];
  const text = findColumn(table, "text", "text_column", TEXT_NAMES, options.textColumn, notes);
  const label = findColumn(table, "label", "label_column", LABEL_NAMES, options.labelColumn, notes);
  const complete = table.rows.filter(({ fields }) => fields[text] && fields[label]);
  if (complete.length < table.rows.length)
    notes.push(`${table.rows.length - complete.length} rows without ${text} or ${label} were left out`);
  const labelOf = (row: Table["rows"][number]) => (row.fields[label] ?? "").toLowerCase();
  const known = labelReader(file, label, new Set(complete.map(labelOf)), options, notes);
  const rows = complete.filter((row) => known.has(labelOf(row)));
  if (rows.length < complete.length)
    notes.push(`${complete.length - rows.length} rows that are neither negative nor positive were left out`);
  const texts = rows.map(({ fields }) => fields[text] ?? "");
  const targets = Uint8Array.from(rows, (row) => known.get(labelOf(row)) ?? 0);
  for (const [index, name] of SENTIMENTS.entries()) {
    if (!targets.includes(index))
      throw new UserError(`${file}: no row has the label ${name}; training needs both labels`);
  }
  const groups = rows.map((row, index) => row.fields["group"] || `text ${texts[index]?.toLowerCase()}`);
  return { ...table, rows, notes, texts, targets, groups };
}

function findColumn(
  { file, columns }: Table,
  what: string,
  parameter: string,
  usual: readonly string[],
  given: string | undefined,
  notes: string[],
): string {
  if (given !== undefined) {
    if (columns.includes(given)) return given;
    throw new UserError(`${file}, line 1: column ${given} is missing; the file has ${columns.join(", ")}`);
  }
  const found = usual.flatMap((name) => columns.filter((column) => column.toLowerCase() === name))[0];
  if (found === undefined)
    throw new UserError(
      `${file}, line 1: column ${what} is missing; the file has ${columns.join(", ")}; name the column with --param ${parameter}=NAME`,
    );
  if (found !== what) notes.push(`the ${what} is in column ${found}`);
  return found;
}

/** The class number of each label, in lower case. */
function labelReader(
  file: string,
  column: string,
  labels: ReadonlySet<string>,
  { negative = [], positive = [] }: SentimentOptions,
  notes: string[],
): ReadonlyMap<string, number> {
  if (negative.length > 0 || positive.length > 0) {
    const given = [negative, positive].map((words) => words.map((word) => word.toLowerCase()));
    const both = given[0]?.find((word) => given[1]?.includes(word));
    if (both !== undefined) throw new UserError(`label ${both} is named as negative and as positive`);
    if (negative.length === 0 || positive.length === 0)
      throw new UserError(
        "name both the negative and the positive labels: --param negative=WORDS --param positive=WORDS",
      );
    return new Map(given.flatMap((words, index) => words.map((word): [string, number] => [word, index])));
  }
  const pair = KNOWN_LABELS.find(
    (known) =>
      labels.has(known.negative) &&
      labels.has(known.positive) &&
      [...labels].every((label) => Object.values(known).includes(label)),
  );
  if (pair === undefined) {
    const single = [...labels].every((label) => SENTIMENTS.includes(label));
    if (single) return new Map(SENTIMENTS.map((name, index) => [name, index]));
    const some = [...labels].slice(0, 6).join(", ");
    throw new UserError(
      `${file}: column ${column} has the labels ${some}${labels.size > 6 ? ", …" : ""}, which are not negative and positive; name them with --param negative=WORDS --param positive=WORDS, separated by commas`,
    );
  }
  if (pair.negative !== "negative") notes.push(`the label ${pair.negative} is negative, ${pair.positive} is positive`);
  return new Map([
    [pair.negative, 0],
    [pair.positive, 1],
  ]);
}
