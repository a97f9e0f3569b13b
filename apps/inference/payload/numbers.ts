import type { Datatype, TensorSpec } from "../../registry/metadata.ts";
import { type HttpError, invalidInput } from "../http-error.ts";
import { join, nameOf } from "./fields.ts";
import type { ParseOptions } from "./json.ts";
import { keptInteger, keptNonFinite } from "./kept-numbers.ts";

/** For 64-bit types the smallest and largest integers that are JavaScript numbers as well. */
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

/** The full ranges of the 64-bit types; not all of these integers are JavaScript numbers. */
export const WIDE_RANGES = {
  UINT64: [0n, 2n ** 64n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const satisfies Partial<Record<Datatype, readonly [bigint, bigint]>>;

const PARSING: Readonly<Record<string, ParseOptions>> = {
  wide: { wide: true },
  float: { nonFinite: true },
  both: { wide: true, nonFinite: true },
};

/**
 * How a body for these inputs is parsed: with all digits of long integers if one input is 64-bit, and with the NaN and Infinity
 * that Python's `json` writes if one has a floating-point type.
 */
export function parsingOf(specs: readonly TensorSpec[]): ParseOptions | undefined {
  let isWide = false;
  let isFloat = false;
  for (const { datatype } of specs) {
    isWide ||= datatype === "INT64" || datatype === "UINT64";
    isFloat ||= isFloatingPoint(datatype);
  }
  return PARSING[isWide ? (isFloat ? "both" : "wide") : isFloat ? "float" : ""];
}

function isFloatingPoint(datatype: Datatype): boolean {
  return datatype === "FP32" || datatype === "FP64" || datatype === "FP16";
}

/**
 * An element of a tensor, as `asNumber` reads it. For the floating-point types null is a missing value, NaN, which tree models
 * know; NaN and the infinities are themselves.
 */
export function asElement(value: unknown, datatype: Datatype, path: string, step: string | number): number | string {
  if (typeof value !== "number" && isFloatingPoint(datatype)) {
    const missing = value === null ? Number.NaN : keptNonFinite(value);
    if (missing !== undefined) {
      return missing;
    }
  }
  return asNumber(value, datatype, path, step);
}

/**
 * A number that the tensor type can hold; its digits if it is not a JavaScript number. For BOOL it is 0 or 1.
 *
 * @param path Path of the object or list that contains the value; joined with `step` only for an error, because that takes
 *   longer than reading the number.
 * @param step The field's name, or the element's index.
 * @throws HttpError 422 for any other value, rather than rounding or clamping it.
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
    throw outOfRange(wideRange(datatype) ?? range, join(path, step));
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
      throw outOfRange(range, join(path, step));
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

function outOfRange([least, greatest]: readonly [number | bigint, number | bigint], path: string): HttpError {
  return invalidInput(path, `must be a whole number from ${least} to ${greatest}`);
}
