/** Words for a missing value in any column: those of pandas, R, SQL, Excel and the UCI repository. */
const ANYWHERE = new Set(
  [
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "<NA>",
    "NaN",
    "nan",
    "-NaN",
    "-nan",
    "NULL",
    "Null",
    "null",
  ].concat("?", "\\N", "1.#QNAN", "NaT"),
);
/** Words for a missing value in a column of numbers; elsewhere they may be a category. */
const AMONG_NUMBERS = new Set(
  [
    "None",
    "none",
    "na",
    "Na",
    "nil",
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "missing",
    "Missing",
    "unknown",
    "Unknown",
  ].concat("#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!"),
);

/** Decides which words are missing values. */
export interface MissingWords {
  /** Whether a field of any column is a missing value. */
  isMissing(field: string): boolean;
  /** Whether a field of a column of numbers is a missing value. */
  isMissingNumber(field: string): boolean;
}

/** @param own words that the user has named */
export function missingWords(own: readonly string[] = []): MissingWords {
  const added = new Set(own);
  const isMissing = (field: string) => ANYWHERE.has(field) || added.has(field);
  return { isMissing, isMissingNumber: (field) => isMissing(field) || AMONG_NUMBERS.has(field) };
}
