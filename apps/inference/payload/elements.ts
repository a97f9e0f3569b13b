import type { Datatype } from "../../registry/metadata.ts";
import { invalidInput } from "../http-error.ts";
import { allocate, elementCount, isWide, type TensorData } from "../model/tensor.ts";
import { asNumber, wordBigint } from "./numbers.ts";
import { join, nameOf } from "./request-schema.ts";

/**
 * The elements of a tensor from JSON, flat in row-major order or nested one list a dimension.
 *
 * @param path Where `data` stands in the body.
 * @throws Problem 422 for what does not fit the shape or the type.
 */
export function readElements(datatype: Datatype, shape: readonly number[], data: unknown, path: string): TensorData {
  if (!Array.isArray(data)) {
    throw invalidInput(path, `must be a list, not ${nameOf(data)}`);
  }
  const length = elementCount(shape);
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  if (!isNested && data.length !== length) {
    throw invalidInput(path, `must have ${length} elements for the shape [${shape}]; it has ${data.length}`);
  }
  if (isNested) {
    // Before any memory is taken: a shape may promise more than was sent.
    checkLevel(data, shape, 0, path);
  }
  const elements = allocate(datatype, length);
  if (isNested) {
    fill(elements, 0, datatype, shape, 0, data, path);
  } else {
    fillFlat(elements, 0, datatype, data, path);
  }
  return elements;
}

/**
 * The elements of a tensor from its rows, each nested one list a dimension; where a row has one element only, without.
 *
 * @param inner Shape of a row.
 * @param rows At least one.
 * @param path Where the list of rows stands in the body.
 * @param name The field of each that is the tensor's. @default the row as it is
 * @throws Problem 422 for what does not fit the shape or the type.
 */
export function readRows(
  datatype: Datatype,
  inner: readonly number[],
  rows: readonly unknown[],
  path: string,
  name?: string,
): TensorData {
  const width = elementCount(inner);
  const pathOf = (row: number) => (name === undefined ? join(path, row) : join(join(path, row), name));
  const arePlain = inner.length === 0 || (inner.length === 1 && width === 1 && !Array.isArray(rows[0]));
  if (!arePlain) {
    for (let row = 0; row < rows.length; row++) {
      checkList(rows[row], inner, 0, pathOf(row));
    }
  }
  const elements = allocate(datatype, rows.length * width);
  if (!arePlain) {
    for (let row = 0; row < rows.length; row++) {
      fill(elements, row * width, datatype, inner, 0, rows[row] as unknown[], pathOf(row));
    }
  } else {
    fillFlat(elements, 0, datatype, rows, path, name);
  }
  return elements;
}

function checkList(value: unknown, shape: readonly number[], level: number, path: string): void {
  if (!Array.isArray(value)) {
    throw invalidInput(path, `must be a list of ${shape[level]}, not ${nameOf(value)}`);
  }
  checkLevel(value, shape, level, path);
}

function checkLevel(list: readonly unknown[], shape: readonly number[], level: number, path: string): void {
  const size = shape[level];
  if (list.length !== size) {
    throw invalidInput(path, `must have ${size} elements for the shape [${shape}]; it has ${list.length}`);
  }
  if (level + 1 === shape.length) {
    return;
  }
  for (const [index, inner] of list.entries()) {
    checkList(inner, shape, level + 1, `${path}[${index}]`);
  }
}

function fill(
  elements: TensorData,
  offset: number,
  datatype: Datatype,
  shape: readonly number[],
  level: number,
  list: readonly unknown[],
  path: string,
): number {
  if (level + 1 === shape.length) {
    fillFlat(elements, offset, datatype, list, path);
    return offset + list.length;
  }
  let next = offset;
  for (const [index, inner] of list.entries()) {
    next = fill(elements, next, datatype, shape, level + 1, inner as unknown[], `${path}[${index}]`);
  }
  return next;
}

/** @param name The field of each element's object that it came from. @default the element as it is */
function fillFlat(
  elements: TensorData,
  offset: number,
  datatype: Datatype,
  list: readonly unknown[],
  path: string,
  name?: string,
): void {
  const placeOf = (index: number) => (name === undefined ? path : join(path, index));
  if (Array.isArray(elements)) {
    for (let index = 0; index < list.length; index++) {
      elements[offset + index] = readText(list[index], placeOf(index), name ?? index);
    }
    return;
  }
  const wide = isWide(elements);
  const array = elements as typeof elements & Record<number, number | bigint>;
  for (let index = 0; index < list.length; index++) {
    const value = readNumber(list[index], datatype, placeOf(index), name ?? index);
    array[offset + index] = wide ? BigInt(value) : (value as number);
  }
}

function readNumber(value: unknown, datatype: Datatype, path: string, step: string | number): number | string {
  if (datatype === "FP32" && typeof value === "number" && Number.isFinite(Math.fround(value))) {
    return value;
  }
  return asNumber(value, datatype, path, step);
}

function readText(value: unknown, path: string, step: string | number): string {
  if (typeof value !== "string") {
    throw invalidInput(join(path, step), `must be a string, not ${nameOf(value)}`);
  }
  if (value.includes("\0")) {
    throw nulProblem(join(path, step));
  }
  // A lone surrogate has no UTF-8 form.
  return value.toWellFormed();
}

/** ONNX Runtime's binding for Node would cut the text off there, and the model answer for another one. */
export function nulProblem(path: string) {
  return invalidInput(path, "must not have the character NUL in it");
}

/**
 * The elements of a tensor for JSON, flat in row-major order.
 *
 * @param refuse Makes the error for a number that JSON has no word for.
 */
export function wordElements(datatype: Datatype, data: TensorData, refuse: (value: number) => Error): unknown[] {
  if (Array.isArray(data)) {
    return data;
  }
  if (isWide(data)) {
    return Array.from<bigint, unknown>(data, wordBigint);
  }
  if (datatype === "BOOL") {
    return Array.from<number, boolean>(data as Uint8Array, (value) => value !== 0);
  }
  const words = new Array<number>(data.length);
  for (let index = 0; index < data.length; index++) {
    const value = Number(data[index]);
    if (!Number.isFinite(value)) {
      throw refuse(value);
    }
    words[index] = value;
  }
  return words;
}
