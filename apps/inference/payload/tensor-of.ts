import type { TensorSpec } from "../../registry/metadata.ts";
import { allocate, isWide, rowWidth, type Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import type { Values } from "./request-schema.ts";

/**
 * The rows that a request schema has read, as the model's input.
 *
 * @param values `rows` × the row's width of values that suit the input's type.
 */
export function tensorOf(input: TensorSpec, values: Values, rows: number, memory: TensorMemory): Tensors {
  if (values.length !== rows * rowWidth(input.shape)) {
    throw new Error(`${values.length} values do not make ${rows} rows of "${input.name}"`);
  }
  const data = allocate(input.datatype, values.length, memory);
  const wide = isWide(data);
  if (!wide && !Array.isArray(data)) {
    // Copies a list of numbers at once.
    data.set(values as number[]);
    return new Map([[input.name, { datatype: input.datatype, shape: [rows, ...input.shape.slice(1)], data }]]);
  }
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    // The schema has already checked every value against the type, which the compiler cannot see.
    (data as (number | bigint | string)[])[index] = wide ? BigInt(value) : value;
  }
  return new Map([[input.name, { datatype: input.datatype, shape: [rows, ...input.shape.slice(1)], data }]]);
}
