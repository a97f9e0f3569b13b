import type { Model } from "./model.ts";
import { allocate, elementCount, isWide, type Tensor, type Tensors } from "./tensor.ts";
import type { TensorMemory } from "./tensor-memory.ts";

/** The values of a probe, by the data type of an input. */
export interface ProbeValues {
  /** For floating-point types, by the element's index in the tensor. */
  readonly fraction: (index: number) => number;
  readonly whole: number;
  readonly text: string;
}

export const ZEROS: ProbeValues = { fraction: () => 0, whole: 0, text: "" };

/**
 * Inputs of one row, to run a model before its first request.
 *
 * @param size Size of the inner dimensions that the signature leaves open.
 */
export function probe(
  { metadata, batched }: Model,
  size: number,
  { fraction, whole, text }: ProbeValues,
  memory: TensorMemory,
): Tensors {
  const tensors = new Map<string, Tensor>();
  for (const { name, datatype, shape } of metadata.signature.inputs) {
    const sizes = shape.map((one, axis) => (one !== -1 ? one : axis === 0 && batched ? 1 : size));
    const length = elementCount(sizes);
    const data = allocate(datatype, length, memory);
    const filler = datatype === "BYTES" ? text : isWide(data) ? BigInt(whole) : whole;
    for (let index = 0; index < length; index++) {
      (data as (number | bigint | string)[])[index] = datatype.startsWith("FP") ? fraction(index) : filler;
    }
    tensors.set(name, { datatype, shape: sizes, data });
  }
  return tensors;
}
