import type { Datatype, TensorSpec } from "../../registry/metadata.ts";
import { invalidInput, Problem } from "../http-error.ts";
import type { Tensor } from "../model/tensor.ts";
import type { ParseOptions } from "./json.ts";
import { keptInteger } from "./long-integers.ts";
import { join, nameOf } from "./request-schema.ts";

/** Of 64 bits the least and the greatest that are numbers of JavaScript as well. */
const INTEGER_RANGES: Partial<Record<Datatype, readonly [number, number]>> = {
  BOOL: [0, 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, 2 ** 64 - 2 ** 11],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [-(2 ** 63), 2 ** 63 - 2 ** 10],
};

/** The integers that types of 64 bits hold: not all of them are numbers of JavaScript. */
export const WIDE_RANGES = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const satisfies Partial<Record<Datatype, readonly [bigint, bigint]>>;

const WIDE: ParseOptions = { wide: true };

/** How a body for these inputs is parsed: where one is of 64 bits, with all digits. */
export function parsingOf(specs: readonly TensorSpec[]): ParseOptions | undefined {
  for (const { datatype } of specs) {
    if (datatype === "INT64" || datatype === "UINT64") {
      return WIDE;
    }
  }
  return undefined;
}

/**
 * A number that the tensor type can hold; one that is no number of JavaScript, as its digits. For BOOL it is 0 or 1.
 *
 * @param path Where the object or the list stands whose part the value is; put together with `step` only where it is told,
 *   since to word the place of a number takes longer than to read it.
 * @param step The field's name, or the element's index.
 * @throws Problem 422 for anything else: the model must not answer for a value the caller did not send.
 */
export function asNumber(value: unknown, datatype: Datatype, path: string, step: string | number): number | string {
  if (typeof value !== "number") {
    return asOther(value, datatype, path, step);
  }
  const range = INTEGER_RANGES[datatype];
  if (range === undefined) {
    const held = datatype === "FP32" ? Math.fround(value) : datatype === "FP16" ? Math.f16round(value) : value;
    if (!Number.isFinite(held)) {
      throw invalidInput(join(path, step), `is beyond the range of ${datatype}`);
    }
  } else if (!Number.isInteger(value) || value < range[0] || value > range[1]) {
    throw rangeProblem(wideRange(datatype) ?? range, join(path, step));
  }
  return value;
}

function asOther(value: unknown, datatype: Datatype, path: string, step: string | number): number | string {
  const integer = keptInteger(value);
  if (integer !== undefined) {
    const range = wideRange(datatype);
    if (range === undefined) {
      return asNumber(Number(integer), datatype, path, step);
    }
    if (integer < range[0] || integer > range[1]) {
      throw rangeProblem(range, join(path, step));
    }
    return String(integer);
  }
  if (datatype === "BOOL" && typeof value === "boolean") {
    return value ? 1 : 0;
  }
  const what = datatype === "BOOL" ? "true, false, 0 or 1" : "a number";
  throw invalidInput(join(path, step), `must be ${what}, not ${nameOf(value)}`);
}

function wideRange(datatype: Datatype): readonly [bigint, bigint] | undefined {
  return datatype === "INT64" || datatype === "UINT64" ? WIDE_RANGES[datatype] : undefined;
}

function rangeProblem([least, greatest]: readonly [number | bigint, number | bigint], path: string): Problem {
  return invalidInput(path, `must be a whole number from ${least} to ${greatest}`);
}

/** Most digits a float32 needs to be told from its neighbours. */
const FLOAT32_DIGITS = 9;

/** The shortest decimal that is this float32, as a double: 0.1 where the bits say 0.10000000149011612. */
export function wordFloat32(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 10 ** FLOAT32_DIGITS) {
    return value;
  }
  for (let digits = 6; digits < FLOAT32_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) {
      return shorter;
    }
  }
  return Number(value.toPrecision(FLOAT32_DIGITS));
}

/**
 * 422 for NaN and the infinities: JSON has no word for them, and the bytes of an answer by the protocol v2 have.
 *
 * @param model Whose answer was asked for otherwise than there. @default none
 */
export function notFinite(value: number, output: string, model?: string): Problem {
  const where = model === undefined ? "ask" : `ask POST /v2/models/${model}/infer`;
  const message = `the model answers ${value} in "${output}", which JSON has no word for; ${where} for binary_data`;
  return new Problem(422, "not_finite", message);
}

/** A number in an answer that JSON has no word for, by whoever does not know which output it is of. */
export class NotFinite extends Problem {
  readonly value: number;
  /** What it is an element of. */
  readonly tensor: Tensor;

  constructor(value: number, tensor: Tensor) {
    super(422, "not_finite", `the model answers ${value} to this, which JSON has no word for`);
    this.value = value;
    this.tensor = tensor;
  }
}

/**
 * Element `index` of a tensor as a JSON value.
 *
 * @throws NotFinite for NaN and the infinities.
 */
export function wordElement(tensor: Tensor, index: number): number | string {
  const value = tensor.data[index];
  if (value === undefined) {
    throw new Error(`the model's answer has no element ${index}`);
  }
  if (typeof value === "string") {
    return value;
  }
  if (typeof value === "bigint") {
    return Number(value);
  }
  if (!Number.isFinite(value)) {
    throw new NotFinite(value, tensor);
  }
  return tensor.datatype === "FP32" ? wordFloat32(value) : value;
}

/**
 * Element `index` of a tensor as a JSON value with all that it says: BOOL as true or false, 64 bits with all of their digits.
 *
 * @throws NotFinite for NaN and the infinities.
 */
export function wordValue(tensor: Tensor, index: number): unknown {
  const value = tensor.data[index];
  if (typeof value === "bigint") {
    return wordBigint(value);
  }
  const word = wordElement(tensor, index);
  return tensor.datatype === "BOOL" ? word !== 0 : word;
}

/** JSON's numbers have any number of digits; it is JavaScript's that do not. */
export function wordBigint(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJson(String(value));
}

const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown };
