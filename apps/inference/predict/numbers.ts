import type { Datatype } from "../../registry/metadata.ts";
import type { Tensor } from "../model/tensor.ts";
import { invalidInput, Problem } from "../problem.ts";
import { join, nameOf } from "./form.ts";

const INTEGER_RANGES: Partial<Record<Datatype, readonly [number, number]>> = {
  BOOL: [0, 1],
  UINT8: [0, 2 ** 8 - 1],
  UINT16: [0, 2 ** 16 - 1],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
  INT8: [-(2 ** 7), 2 ** 7 - 1],
  INT16: [-(2 ** 15), 2 ** 15 - 1],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

/**
 * A number that the tensor type can hold.
 *
 * @param path Where the object or the list stands whose part the value is; put together with `step` only where it is told,
 *   since to word the place of a number takes longer than to read it.
 * @param step The field's name, or the element's index.
 * @throws Problem 422 for anything else: the model must not answer for a value the caller did not send.
 */
export function asNumber(value: unknown, datatype: Datatype, path: string, step: string | number): number {
  if (typeof value !== "number") {
    throw invalidInput(join(path, step), `must be a number, not ${nameOf(value)}`);
  }
  const range = INTEGER_RANGES[datatype];
  if (range === undefined) {
    const held = datatype === "FP32" ? Math.fround(value) : datatype === "FP16" ? Math.f16round(value) : value;
    if (!Number.isFinite(held)) {
      throw invalidInput(join(path, step), `is beyond the range of ${datatype}`);
    }
  } else if (!Number.isInteger(value) || value < range[0] || value > range[1]) {
    throw invalidInput(join(path, step), `must be a whole number from ${range[0]} to ${range[1]}`);
  }
  return value;
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
