import { randomBytes } from "node:crypto";

/** The fields that hold kept numbers. Random for each process, so that no object of a request can pass for one. */
const INTEGER = randomBytes(6).toString("base64url");
const NON_FINITE = randomBytes(6).toString("base64url");

const LONG_INTEGERS = /-?[1-9]\d{15,}/g;
const NON_FINITES = /NaN|-?Infinity/g;

/**
 * Replaces each integer that JavaScript would round, outside of strings, by an object with its digits. A reviver of
 * `JSON.parse` could read the digits as well, but is thirty times slower.
 */
export function keepDigits(text: string): string {
  return replaceOutsideStrings(text, LONG_INTEGERS, (digits, start, end) =>
    isPartOfNumber(text, start, end) || Number.isSafeInteger(Number(digits)) ? undefined : `{"${INTEGER}":"${digits}"}`,
  );
}

/** The integer whose digits were kept; undefined if the value is not one. */
export function keptInteger(value: unknown): bigint | undefined {
  const digits = keptField(value, INTEGER);
  return digits === undefined ? undefined : BigInt(digits);
}

/** Replaces NaN and the infinities, outside of strings, as Python's `json` and JavaScript spell them. */
export function keepNonFinite(text: string): string {
  return replaceOutsideStrings(text, NON_FINITES, (word) => `{"${NON_FINITE}":"${word}"}`);
}

/** The same, with zeros of the same length, so that positions in the text stay as they are. */
export function blankNonFinite(text: string): string {
  return replaceOutsideStrings(text, NON_FINITES, (word) => "0".padEnd(word.length));
}

/** NaN or infinity that was kept; undefined if the value is not one. */
export function keptNonFinite(value: unknown): number | undefined {
  const word = keptField(value, NON_FINITE);
  return word === undefined ? undefined : Number(word);
}

function keptField(value: unknown, key: string): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
    return undefined;
  }
  return (value as Readonly<Record<string, string>>)[key];
}

/** @param replacementOf What to write instead of a match from `start` up to, not including, `end`; undefined to leave it. */
function replaceOutsideStrings(
  text: string,
  pattern: RegExp,
  replacementOf: (match: string, start: number, end: number) => string | undefined,
): string {
  let replaced = "";
  let copied = 0;
  let at = 0;
  let quote = text.indexOf('"');
  pattern.lastIndex = 0;
  for (let run = pattern.exec(text); run !== null; run = pattern.exec(text)) {
    const { index } = run;
    while (quote >= 0 && quote < index) {
      at = endOfString(text, quote);
      quote = text.indexOf('"', at);
    }
    if (index < at) {
      pattern.lastIndex = at;
      continue;
    }
    const end = index + run[0].length;
    const replacement = replacementOf(run[0], index, end);
    if (replacement !== undefined) {
      replaced += text.slice(copied, index) + replacement;
      copied = end;
    }
  }
  return replaced + text.slice(copied);
}

/** Whether the digits belong to a number with a decimal point or an exponent. */
function isPartOfNumber(text: string, start: number, end: number): boolean {
  return /[\d.eE+-]/.test(text[start - 1] ?? "") || /[.eE]/.test(text[end] ?? "");
}

/** The index after the string that begins at `quote`. */
function endOfString(text: string, quote: number): number {
  for (let end = text.indexOf('"', quote + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text[before] === "\\") {
      before -= 1;
    }
    if ((end - before) % 2 === 1) {
      return end + 1;
    }
  }
  return text.length;
}
