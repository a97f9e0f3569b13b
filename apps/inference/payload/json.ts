import { constants, isUtf8 } from "node:buffer";
import { free } from "../http/body.ts";
import { Problem } from "../http-error.ts";
import { faultIn } from "./json-fault.ts";
import { keepDigits } from "./long-integers.ts";

/** How a body is parsed. */
export interface ParseOptions {
  /** Whether integers that JavaScript would round are kept, to be read by `keptInteger`. @default false */
  readonly wide?: boolean;
  /** What is parsed, for the messages. @default "the body" */
  readonly what?: () => string;
}

/** Some Windows programs begin a file with it; JSON has no place for it. */
const BYTE_ORDER_MARK = "\ufeff";
const LONG_RUN = /\d{16}/;

/**
 * Parses a JSON body and frees its memory: nobody may look into the bytes afterwards.
 *
 * @throws Problem 400 where it is empty, not UTF-8 or not JSON; 413 where it is longer than a string can be.
 */
export function parseJson(bytes: Buffer, options?: ParseOptions): unknown {
  if (bytes.length === 0) {
    throw new Problem(400, "invalid_json", `${options?.what?.() ?? "the body"} is empty; send a JSON object`);
  }
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    const message = `JSON must not be longer than ${constants.MAX_STRING_LENGTH} bytes; raw tensors may be`;
    throw new Problem(413, "body_too_large", message);
  }
  if (!isUtf8(bytes)) {
    throw notJson(options, "it is not UTF-8");
  }
  const text = bytes.toString("utf8");
  free(bytes);
  const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  try {
    return JSON.parse(options?.wide === true && LONG_RUN.test(json) ? keepDigits(json) : json);
  } catch {
    throw notJson(options, wordFault(json));
  }
}

function notJson(options: ParseOptions | undefined, fault: string): Problem {
  return new Problem(400, "invalid_json", `${options?.what?.() ?? "the body"} is not JSON: ${fault}`);
}

/** The place of a mistake, with one character of the body: what else is in it may be nobody's business. */
function wordFault(text: string): string {
  const at = faultIn(text);
  let line = 1;
  let begin = 0;
  for (let end = text.indexOf("\n"); end >= 0 && end < at; end = text.indexOf("\n", begin)) {
    line += 1;
    begin = end + 1;
  }
  const place = `line ${line}, column ${at - begin + 1}`;
  const point = text.codePointAt(at);
  return point === undefined
    ? `it ends too soon, at ${place}`
    : `${JSON.stringify(String.fromCodePoint(point))} at ${place} cannot stand there`;
}
