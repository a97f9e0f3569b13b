/** A number as the exported graph reads it: decimal, with a point. Not hexadecimal, as JavaScript's Number() would allow. */
export const NUMERAL = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;

/** How the numbers of a column are written. */
export interface Notation {
  readonly decimal: "." | ",";
  /** Whether a currency or percent sign stands beside the numbers. */
  readonly sign: string;
  /** Whether digits are grouped in threes. */
  readonly grouped: boolean;
}

/** The notation of a column; "ambiguous" if "1,234" could be 1234 as well as 1.234; undefined for a column of words. */
export type FoundNotation = Notation | "plain" | "ambiguous" | undefined;

/** A column with at least this share of numbers is numeric; its other fields are then errors in the data. */
export const NUMERIC_SHARE = 0.9;

const POINT = /^[-+]?(\d+|[1-9]\d{0,2}([,' \u00a0\u202f]\d{3})+)(\.\d*)?$|^[-+]?\.\d+$/;
const COMMA = /^[-+]?(\d+|[1-9]\d{0,2}([.' \u00a0\u202f]\d{3})+)(,\d*)?([eE][-+]?\d+)?$|^[-+]?,\d+$/;
const SIGN = /^([-+−]?)\s*([$€£¥₹%]?)\s*([-+−]?[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202feE+-]*?)\s*([$€£¥₹%]?)$/;
/** Exactly one group of three digits after a separator. */
const ONE_GROUP = /^[-+]?[1-9]\d{0,2}[.,]\d{3}$/;

/**
 * Finds the notation of a column's fields, without missing ones.
 *
 * @param decimal the decimal separator of the file, if it is known
 */
export function findNotation(fields: readonly string[], decimal: "." | "," | undefined): FoundNotation {
  if (fields.length === 0) return undefined;
  const enough = fields.length * NUMERIC_SHARE;
  const count = (fits: (field: string) => boolean) => fields.filter(fits).length;
  const isPlain = count((field) => NUMERAL.test(field)) >= enough;
  // Where the file writes decimal commas, a column of 1.234 and 56.789 has thousands.
  if (isPlain && (decimal !== "," || !hasOnlyGroups(fields, "."))) return "plain";
  const parts = fields
    .map((field) => SIGN.exec(field))
    .map((match) => ({
      number: match ? bareNumber(match) : "",
      sign: match ? `${match[2]}${match[4]}` : "",
    }));
  const numbers = parts.map(({ number }) => number);
  const point = numbers.filter((number) => NUMERAL.test(number) || POINT.test(number)).length;
  const comma = numbers.filter((number) => COMMA.test(number)).length;
  if (Math.max(point, comma) < enough) return isPlain ? "plain" : undefined;
  const sign = parts.find((part) => part.sign !== "")?.sign ?? "";
  const notation = (chosen: "." | ","): Notation => ({
    decimal: chosen,
    sign,
    grouped: numbers.some((number) => (chosen === "." ? /[,' \u00a0\u202f]/ : /[.' \u00a0\u202f]/).test(number)),
  });
  if (point !== comma) return notation(point > comma ? "." : ",");
  if (decimal !== undefined) return notation(decimal);
  const separated = numbers.filter((number) => /[.,]/.test(number));
  if (separated.length === 0) return notation(".");
  // Three decimals in every number, or thousands in every number: no one can tell. Numbers below 1000 tell.
  return separated.length < numbers.length ? notation(".") : "ambiguous";
}

/** The decimal separator that a column proves; undefined if it fits both. */
export function provenDecimal(fields: readonly string[]): "." | "," | undefined {
  const found = findNotation(fields, undefined);
  if (found === undefined || found === "ambiguous") return undefined;
  if (found !== "plain") return found.grouped && !hasDecimals(fields, found.decimal) ? undefined : found.decimal;
  return fields.some((field) => field.includes(".") && !ONE_GROUP.test(field)) ? "." : undefined;
}

/** A field in the notation as a plain numeral; undefined if it is no number. */
export function plainNumeral(field: string, notation: Notation | "plain"): string | undefined {
  if (NUMERAL.test(field) && (notation === "plain" || notation.decimal === ".")) return field;
  if (notation === "plain") return undefined;
  const match = SIGN.exec(field);
  const number = match ? bareNumber(match) : "";
  if (notation.decimal === "." ? !NUMERAL.test(number) && !POINT.test(number) : !COMMA.test(number)) return undefined;
  const groups = notation.decimal === "." ? /[,' \u00a0\u202f]/g : /[.' \u00a0\u202f]/g;
  return number.replaceAll(groups, "").replace(",", ".");
}

function bareNumber([, minus = "", , number = ""]: RegExpExecArray): string {
  return `${minus}${number}`.replaceAll("−", "-");
}

function hasDecimals(fields: readonly string[], decimal: "." | ","): boolean {
  return fields.some((field) => field.includes(decimal));
}

function hasOnlyGroups(fields: readonly string[], group: "."): boolean {
  const separated = fields.filter((field) => field.includes(group));
  return separated.length > 0 && separated.every((field) => ONE_GROUP.test(field));
}
