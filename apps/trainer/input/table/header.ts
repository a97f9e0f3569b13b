import { UserError } from "../../../registry/index.ts";
import type { RawTable } from "./csv.ts";
import { NUMERAL } from "./notation.ts";

/** Names under which pandas, R and spreadsheets write the number or the name of a row. */
const ROW_NUMBER_NAMES = /^(|unnamed: ?\d+|index|level_0|id|row|rowid|row_?names?|row_?number|obs|no\.?|nr\.?|#)$/i;
/** A header without a name: a row number if its values count, a row name if all its values differ. */
const NO_NAME = /^(|unnamed: ?\d+|row_?names?)$/i;

/**
 * Names the columns: leaves out columns that only number or name the rows and columns that are empty, renames duplicates and
 * columns without a name. What was done is in the notes.
 *
 * @throws UserError if the first line looks like data
 */
export function nameColumns(file: string, { header, records, notes }: RawTable, required: readonly string[]): RawTable {
  rejectData(file, header, records);
  const said: string[] = [...notes];
  const values = (column: number) => records.map(({ cells }) => cells[column] ?? "");
  const names: string[] = [];
  const kept: number[] = [];
  header.forEach((name, column) => {
    const shown = name === "" ? `column ${column + 1}, which has no name,` : `column ${name}`;
    const own = values(column);
    if (!required.includes(name)) {
      if (ROW_NUMBER_NAMES.test(name) && countsRows(own) && header.length > 2) {
        said.push(`${shown} numbers the rows and was left out`);
        return;
      }
      if (
        NO_NAME.test(name) &&
        column === 0 &&
        header.length > 1 &&
        own.length > 1 &&
        new Set(own).size === own.length
      ) {
        said.push(`${shown} names the rows and was left out`);
        return;
      }
      if (NO_NAME.test(name) && own.every((value) => value === "")) {
        if (name !== "") said.push(`${shown} is empty and was left out`);
        return;
      }
    }
    const same = header.findIndex((other, earlier) => earlier < column && other === name && name !== "");
    if (same >= 0 && values(same).every((value, row) => value === own[row])) {
      said.push(`${shown} appears twice with the same values; the second was left out`);
      return;
    }
    const free = freeName(name === "" ? `column_${column + 1}` : name, [...names, ...header.slice(column + 1)], names);
    if (name === "") said.push(`column ${column + 1} has no name and is called ${free}`);
    else if (free !== name) said.push(`a second column ${name} is called ${free}`);
    names.push(free);
    kept.push(column);
  });
  if (kept.length === header.length) return { header: names, records, notes: said };
  return {
    header: names,
    records: records.map(({ line, cells }) => ({ line, cells: kept.map((column) => cells[column] ?? "") })),
    notes: said,
  };
}

/** The names that {@link nameColumns} gives to columns that it does not leave out. */
export function uniqueNames(header: readonly string[]): string[] {
  const names: string[] = [];
  header.forEach((name, column) => {
    names.push(freeName(name === "" ? `column_${column + 1}` : name, [...names, ...header.slice(column + 1)], names));
  });
  return names;
}

function freeName(name: string, taken: readonly string[], before: readonly string[]): string {
  if (!before.includes(name)) return name;
  let number = 2;
  while (taken.includes(`${name}_${number}`)) number++;
  return `${name}_${number}`;
}

/** Whether the values are 0, 1, 2, … or 1, 2, 3, … in the order of the file. */
function countsRows(values: readonly string[]): boolean {
  const first = Number(values[0]);
  return (
    values.length > 1 && (first === 0 || first === 1) && values.every((value, row) => value === String(first + row))
  );
}

/** A first line in which all columns of numbers have a number for a name is a row of data; years and 0, 1, 2, … are names. */
function rejectData(file: string, header: readonly string[], records: RawTable["records"]): void {
  const first = records.slice(0, 20);
  const numeric = header.flatMap((name, column) => {
    const isNumeric = first.length > 0 && first.every(({ cells }) => NUMERAL.test(cells[column] ?? ""));
    return isNumeric ? [name] : [];
  });
  if (numeric.length === 0 || !numeric.every((name) => NUMERAL.test(name))) return;
  const isYear = (name: string) => /^(1[89]|20)\d\d$/.test(name);
  const counts = header.every((name, column) => name === String(column) || name === String(column + 1));
  if (counts || numeric.every(isYear)) return;
  throw new UserError(
    `${file}, line 1: "${header.join(",")}" looks like data, not like names of columns; add a first line with the names`,
  );
}
