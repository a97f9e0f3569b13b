import { UserError } from "../../../registry/index.ts";
import type { RawTable } from "./csv.ts";

/** Parses JSONL. The columns are the names of all lines, in the order in which they appear; a name that a line lacks is missing. */
export function parseJsonLines(file: string, text: string): RawTable {
  const columns = new Map<string, number>();
  const records: RawTable["records"] = [];
  text.split(/\r\n|\n|\r/).forEach((content, index) => {
    if (content.trim() === "") return;
    const line = index + 1;
    const cells: string[] = [];
    for (const [name, value] of parseObject(file, line, content)) {
      if (typeof value === "object" && value !== null)
        throw new UserError(
          `${file}, line ${line}, column ${name}: is ${Array.isArray(value) ? "a list" : "an object"}; give each value a column of its own`,
        );
      const column = columns.get(name) ?? columns.size;
      columns.set(name, column);
      cells[column] = String(value ?? "").trim();
    }
    records.push({ line, cells });
  });
  const header = [...columns.keys()];
  for (const { cells } of records) for (let i = 0; i < header.length; i++) cells[i] ??= "";
  return { header, records, notes: [] };
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
