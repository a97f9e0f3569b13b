import type { Model } from "./model.ts";
import { allocate, elementCount, isWide, type Tensor, type Tensors } from "./tensor.ts";

/** What a row is filled with, by the type of an input. */
export interface Filling {
  /** Of floating-point numbers, by their place in the tensor. */
  readonly fraction: (index: number) => number;
  readonly whole: number;
  readonly text: string;
}

export const ZEROS: Filling = { fraction: () => 0, whole: 0, text: "" };

/**
 * One row for a model that nobody has asked yet.
 *
 * @param size Of the inner dimensions that the signature leaves open.
 */
export function probe({ metadata, batched }: Model, size: number, { fraction, whole, text }: Filling): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const { name, datatype, shape } of metadata.signature.inputs) {
    const sizes = shape.map((one, axis) => (one !== -1 ? one : axis === 0 && batched ? 1 : size));
    const length = elementCount(sizes);
    const data = allocate(datatype, length);
    const filler = datatype === "BYTES" ? text : isWide(data) ? BigInt(whole) : whole;
    for (let index = 0; index < length; index++) {
      (data as (number | bigint | string)[])[index] = datatype.startsWith("FP") ? fraction(index) : filler;
    }
    tensors.set(name, { datatype, shape: sizes, data });
  }
  return tensors;
}
