import type { Datatype } from "../../registry/metadata.ts";
import { HttpError } from "../http-error.ts";
import { isWide, type Tensor, type TensorData } from "../model/tensor.ts";

/** Most significant digits that a float32 needs to be told from its neighbors. */
const FLOAT32_DIGITS = 9;

/** A float32 that has a shorter decimal has one of at least this many digits that rounds to it. */
const LEAST_DIGITS = 6;

/** Powers of ten that a double holds exactly, so that dividing by one rounds once. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** The shortest decimal that rounds to this float32, as a double: 0.1 instead of 0.10000000149011612. */
export function serializeFloat32(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) < 10 ** FLOAT32_DIGITS) {
    return value;
  }
  // By multiplication where that is exact enough: writing and parsing decimals takes ten times as long.
  const size = Math.abs(value);
  const places = LEAST_DIGITS - 1 - Math.floor(Math.log10(size));
  for (let more = 0; more < FLOAT32_DIGITS - LEAST_DIGITS; more++) {
    const power = POWERS[places + more];
    if (power !== undefined) {
      const shorter = Math.round(size * power) / power;
      if (Math.fround(shorter) === size) {
        return value < 0 ? -shorter : shorter;
      }
    }
  }
  for (let digits = LEAST_DIGITS; digits < FLOAT32_DIGITS; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) {
      return shorter;
    }
  }
  return Number(value.toPrecision(FLOAT32_DIGITS));
}

/**
 * 422 for NaN and the infinities, which JSON cannot represent; binary tensors can.
 *
 * @param request The request that returns binary tensors, such as `POST /v2/models/iris/infer`. @default this one
 */
export function notFinite(value: number, output: string, request?: string): HttpError {
  const where = request === undefined ? "ask" : `ask ${request}`;
  const message = `the model outputs ${value} in "${output}", which JSON cannot represent; ${where} for binary_data`;
  return new HttpError(422, "not_finite", message);
}

/** An output is NaN or infinite. Thrown by code that does not know the output's name. */
export class NotFinite extends HttpError {
  readonly value: number;
  /** The tensor that has it. */
  readonly tensor: Tensor;

  constructor(value: number, tensor: Tensor) {
    super(422, "not_finite", `the model outputs ${value}, which JSON cannot represent`);
    this.value = value;
    this.tensor = tensor;
  }
}

/**
 * Element `index` of a tensor as a JSON value.
 *
 * @throws NotFinite for NaN and the infinities.
 */
export function serializeElement(tensor: Tensor, index: number): number | string {
  const value = tensor.data[index];
  if (value === undefined) {
    throw new Error(`the model's output has no element ${index}`);
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
  return tensor.datatype === "FP32" ? serializeFloat32(value) : value;
}

/**
 * Element `index` of a tensor as a JSON value without loss: BOOL as true or false, 64-bit integers with all digits.
 *
 * @throws NotFinite for NaN and the infinities.
 */
export function serializeValue(tensor: Tensor, index: number): unknown {
  const value = tensor.data[index];
  if (typeof value === "bigint") {
    return serializeBigint(value);
  }
  const element = serializeElement(tensor, index);
  return tensor.datatype === "BOOL" ? element !== 0 : element;
}

/** An integer with all its digits: JSON numbers have no size limit, JavaScript numbers do. */
export function serializeBigint(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJson(String(value));
}

const { rawJSON: rawJson } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** The elements of a row by the names of its columns. */
export function byLabel(labels: readonly string[], elements: readonly unknown[]): Readonly<Record<string, unknown>> {
  if (labels.length !== elements.length) {
    throw new Error(`the model's output has ${elements.length} columns for ${labels.length} labels`);
  }
  return Object.fromEntries(labels.map((label, column) => [label, elements[column]]));
}

/**
 * The elements of a tensor for JSON, flat in row-major order.
 *
 * @param reject Makes the error for a number that JSON cannot represent.
 */
export function serializeElements(datatype: Datatype, data: TensorData, reject: (value: number) => Error): unknown[] {
  if (Array.isArray(data)) {
    return data;
  }
  if (isWide(data)) {
    return Array.from<bigint, unknown>(data, serializeBigint);
  }
  if (datatype === "BOOL") {
    return Array.from<number, boolean>(data as Uint8Array, (value) => value !== 0);
  }
  const elements = new Array<number>(data.length);
  for (let index = 0; index < data.length; index++) {
    const value = Number(data[index]);
    if (!Number.isFinite(value)) {
      throw reject(value);
    }
    elements[index] = value;
  }
  return elements;
}
