import { randomBytes } from "node:crypto";

/** The field that holds a kept integer. Random for each process, so that no object of a request can pass for one. */
const KEY = randomBytes(6).toString("base64url");
const LONG = /[1-9]\d{15,}/g;

/**
 * Replaces each integer that JavaScript would round, outside of strings, by an object with its digits. A reviver of
 * `JSON.parse` could read the digits as well, but is thirty times slower.
 */
export function keepDigits(text: string): string {
  let kept = "";
  let copied = 0;
  let at = 0;
  let quote = text.indexOf('"');
  LONG.lastIndex = 0;
  for (let run = LONG.exec(text); run !== null; run = LONG.exec(text)) {
    const { index } = run;
    while (quote >= 0 && quote < index) {
      at = endOfString(text, quote);
      quote = text.indexOf('"', at);
    }
    if (index < at) {
      LONG.lastIndex = at;
      continue;
    }
    const end = index + run[0].length;
    const start = text[index - 1] === "-" ? index - 1 : index;
    if (!isPartOfNumber(text, start, end) && !Number.isSafeInteger(Number(run[0]))) {
      kept += `${text.slice(copied, start)}{"${KEY}":"${text.slice(start, end)}"}`;
      copied = end;
    }
  }
  return kept + text.slice(copied);
}

/** The integer whose digits were kept; undefined if the value is not one. */
export function keptInteger(value: unknown): bigint | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, KEY)) {
    return undefined;
  }
  return BigInt((value as Readonly<Record<string, string>>)[KEY] ?? "0");
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
