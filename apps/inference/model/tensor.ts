import type { Datatype } from "../../registry/metadata.ts";
import type { NumericArrayConstructor, TensorMemory, TypedArray } from "./tensor-memory.ts";

/** Elements of a tensor in row-major order. BOOL is a Uint8Array of 0 and 1, BYTES an array of strings. */
export type TensorData = TypedArray | string[];

/** A tensor; if the model is batched, its first dimension is the batch. */
export interface Tensor {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors by the name of the graph's input or output. */
export type Tensors = ReadonlyMap<string, Tensor>;

const CONSTRUCTORS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const satisfies Record<Exclude<Datatype, "BYTES">, new (length: number) => TypedArray>;

/** The array type for a numeric data type. */
export function arrayOf(datatype: Exclude<Datatype, "BYTES">): NumericArrayConstructor {
  return CONSTRUCTORS[datatype];
}

/** Number of elements of a tensor with these dimensions: their product. */
export function elementCount(sizes: readonly number[]): number {
  let count = 1;
  for (const size of sizes) {
    count *= size;
  }
  return count;
}

/** Whether the elements are 64-bit integers, which JavaScript represents as bigints. */
export function isWide(data: TensorData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

/** Memory that the elements of some tensors take, in bytes; a string counts two for each UTF-16 code unit. */
export function byteSize(tensors: Tensors): number {
  let bytes = 0;
  for (const { data } of tensors.values()) {
    bytes += Array.isArray(data) ? data.reduce((sum, text) => sum + 2 * text.length, 0) : data.byteLength;
  }
  return bytes;
}

/** Elements in one row: the product of all dimensions but the first. */
export function rowWidth(shape: readonly number[]): number {
  let width = 1;
  for (let axis = 1; axis < shape.length; axis++) {
    width *= shape[axis] ?? 1;
  }
  return width;
}

/** An array for `length` elements of a type; numbers are zero and strings are empty. */
export function allocate(datatype: Datatype, length: number, memory: TensorMemory): TensorData {
  return datatype === "BYTES" ? new Array<string>(length).fill("") : memory.allocate(CONSTRUCTORS[datatype], length);
}

/** Rows `from` up to, not including, `to`; a view of the same memory unless the elements are strings. */
export function sliceRows(tensor: Tensor, from: number, to: number): Tensor {
  const width = rowWidth(tensor.shape);
  const data = Array.isArray(tensor.data)
    ? tensor.data.slice(from * width, to * width)
    : tensor.data.subarray(from * width, to * width);
  return { datatype: tensor.datatype, shape: [to - from, ...tensor.shape.slice(1)], data };
}

/** A tensor does not have the expected rows: its first dimension is not the batch. */
export class RowsError extends Error {}

/**
 * Concatenates tensors of one type and row shape along the first dimension.
 *
 * @throws TypeError if the list is empty; RowsError if the row shapes differ.
 */
export function concatenateRows(tensors: readonly Tensor[], memory: TensorMemory): Tensor {
  const [first] = tensors;
  if (first === undefined) {
    throw new TypeError("no tensors to concatenate");
  }
  if (tensors.length === 1) {
    return first;
  }
  let rows = 0;
  for (const tensor of tensors) {
    if (tensor.datatype !== first.datatype || !sameRows(tensor.shape, first.shape)) {
      throw new RowsError(
        `rows of the shapes [${tensor.shape.slice(1)}] and [${first.shape.slice(1)}] do not make one tensor`,
      );
    }
    rows += tensor.shape[0] ?? 0;
  }
  const shape = [...first.shape];
  shape[0] = rows;
  return { datatype: first.datatype, shape, data: concatenateData(tensors, rows * rowWidth(shape), memory) };
}

/** Whether the shapes differ in the number of rows at most. */
function sameRows(one: readonly number[], other: readonly number[]): boolean {
  for (let axis = 1; axis < one.length; axis++) {
    if (one[axis] !== other[axis]) {
      return false;
    }
  }
  return one.length === other.length;
}

function concatenateData(tensors: readonly Tensor[], length: number, memory: TensorMemory): TensorData {
  const datatype = tensors[0]?.datatype;
  if (datatype === undefined) {
    throw new TypeError("there is nothing to concatenate");
  }
  if (datatype === "BYTES") {
    return tensors.flatMap((tensor) => tensor.data as string[]);
  }
  const whole = memory.allocate(CONSTRUCTORS[datatype], length);
  let offset = 0;
  for (const tensor of tensors) {
    // All have the same datatype, so the same array type, although the compiler cannot tell.
    (whole as Float32Array).set(tensor.data as Float32Array, offset);
    offset += tensor.data.length;
  }
  return whole;
}
