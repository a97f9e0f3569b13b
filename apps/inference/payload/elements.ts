import type { Datatype } from "../../registry/metadata.ts";
import { invalidInput } from "../http-error.ts";
import { allocate, elementCount, isWide, type TensorData } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import { join, nameOf } from "./fields.ts";
import { asElement } from "./numbers.ts";
import { asText } from "./text.ts";

/**
 * Reads the elements of a tensor from JSON: flat in row-major order, or nested one list per dimension.
 *
 * @param path Path of `data` in the body.
 * @throws HttpError 422 if the data does not fit the shape or the type.
 */
export function readElements(
  datatype: Datatype,
  shape: readonly number[],
  data: unknown,
  path: string,
  memory: TensorMemory,
): TensorData {
  if (!Array.isArray(data)) {
    throw invalidInput(path, `must be a list, not ${nameOf(data)}`);
  }
  const length = elementCount(shape);
  const isNested = shape.length > 1 && Array.isArray(data[0]);
  if (!isNested && data.length !== length) {
    throw invalidInput(path, `must have ${length} elements for the shape [${shape}]; it has ${data.length}`);
  }
  if (isNested) {
    // Checked before memory is allocated: a shape may claim more than was sent.
    checkLevel(data, shape, 0, path);
  }
  const elements = allocate(datatype, length, memory);
  if (isNested) {
    fill(elements, 0, datatype, shape, 0, data, path);
  } else {
    fillFlat(elements, 0, datatype, data, path);
  }
  return elements;
}

/**
 * Reads the elements of a tensor from its rows, each nested one list per dimension; a row of one element may be that element.
 *
 * @param inner Shape of a row.
 * @param rows At least one.
 * @param path Path of the list of rows in the body.
 * @param name The field of each row to read. @default the row itself
 * @throws HttpError 422 if the rows do not fit the shape or the type.
 */
export function readRows(
  datatype: Datatype,
  inner: readonly number[],
  rows: readonly unknown[],
  path: string,
  memory: TensorMemory,
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
  const elements = allocate(datatype, rows.length * width, memory);
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

/** @param name The field of each object that the element was read from; for error messages. @default the element itself */
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
      elements[offset + index] = asText(list[index], placeOf(index), name ?? index);
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
  return asElement(value, datatype, path, step);
}
