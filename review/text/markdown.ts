/** Longest text in a line; a longer one is cut and ends with an ellipsis. */
const LONGEST = 120;

/** Characters that are invisible or change the text direction, so that one name could look like another. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * Untrusted text, such as a name or a value, as a code span without Markdown, HTML or mentions.
 *
 * @param longest number of characters to show
 */
export function code(text: string, longest = LONGEST): string {
  const line = cut(text.replace(INVISIBLE, " ").trim(), longest);
  if (line === "") return "(empty)";
  const runs = line.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = /^`|`$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A text with a capital letter at its start and a full stop at its end. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Rows as a table of Markdown. A bar ends a cell even in a code span, so bars in cells are escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [row(head), row(head.map(() => "---")), ...rows.map(row)];
}

/** A fence that is longer than any run of backticks in the lines. */
export function fenceFor(lines: readonly string[]): string {
  const runs = lines.flatMap((line) => line.match(/`{3,}/g) ?? []);
  return "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
}

/** A line without invisible characters except tabs, cut to a length. */
export function plainLine(text: string, longest: number): string {
  return cut(text.replaceAll("\t", "  ").replace(INVISIBLE, " "), longest);
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
