import { constants, isUtf8 } from "node:buffer";
import { HttpError } from "../http-error.ts";
import { freeBuffer } from "./free-buffer.ts";
import { errorPosition } from "./json-error.ts";
import { blankNonFinite, keepDigits, keepNonFinite } from "./kept-numbers.ts";

/** How a body is parsed. */
export interface ParseOptions {
  /** Whether integers that JavaScript would round are kept, to be read with `keptInteger`. @default false */
  readonly wide?: boolean;
  /** Whether NaN, Infinity and -Infinity are kept, to be read with `keptNonFinite`; they are not JSON. @default false */
  readonly nonFinite?: boolean;
  /** Name of the parsed text, for error messages. @default "the body" */
  readonly what?: () => string;
}

/** A byte order mark: some Windows programs write it at the start of a file, but JSON does not allow it. */
const BYTE_ORDER_MARK = "\ufeff";
const LONG_RUN = /\d{16}/;
const NON_FINITE = /NaN|Infinity/;

/**
 * Parses a JSON body and frees its memory: the bytes must not be used afterwards.
 *
 * @throws HttpError 400 if it is empty, not UTF-8 or not JSON; 413 if it is longer than a string can be.
 */
export function parseJson(bytes: Buffer, options?: ParseOptions): unknown {
  if (bytes.length === 0) {
    throw new HttpError(400, "invalid_json", `${options?.what?.() ?? "the body"} is empty; send a JSON object`);
  }
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    const message = `JSON must not be longer than ${constants.MAX_STRING_LENGTH} bytes; raw tensors may be`;
    throw new HttpError(413, "body_too_large", message);
  }
  if (!isUtf8(bytes)) {
    throw notJson(options, "it is not UTF-8");
  }
  const text = bytes.toString("utf8");
  freeBuffer(bytes);
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const kept = options?.wide === true && LONG_RUN.test(json) ? keepDigits(json) : json;
  try {
    return JSON.parse(kept);
  } catch {
    // Tried only now, because few requests have such numbers.
    const mayBeValid = options?.nonFinite === true && NON_FINITE.test(json);
    const parsed = mayBeValid ? tryParse(keepNonFinite(kept)) : undefined;
    if (parsed === undefined) {
      throw notJson(options, describeError(mayBeValid ? blankNonFinite(json) : json));
    }
    return parsed;
  }
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function notJson(options: ParseOptions | undefined, reason: string): HttpError {
  return new HttpError(400, "invalid_json", `${options?.what?.() ?? "the body"} is not JSON: ${reason}`);
}

/** The position of a syntax error, and the one character there: the rest of the body may be confidential. */
function describeError(text: string): string {
  const at = errorPosition(text);
  let line = 1;
  let begin = 0;
  for (let end = text.indexOf("\n"); end >= 0 && end < at; end = text.indexOf("\n", begin)) {
    line += 1;
    begin = end + 1;
  }
  const place = `line ${line}, column ${at - begin + 1}`;
  const point = text.codePointAt(at);
  return point === undefined
    ? `unexpected end of input at ${place}`
    : `unexpected ${JSON.stringify(String.fromCodePoint(point))} at ${place}`;
}
