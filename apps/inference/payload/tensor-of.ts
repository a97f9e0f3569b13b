import type { TensorSpec } from "../../registry/metadata.ts";
import { allocate, isWide, rowWidth, type Tensors } from "../model/tensor.ts";
import type { Values } from "./request-schema.ts";

/**
 * The rows a form has read, as the model's input.
 *
 * @param values `rows` × the row's width of values that suit the input's type.
 */
export function tensorOf(input: TensorSpec, values: Values, rows: number): Tensors {
  if (values.length !== rows * rowWidth(input.shape)) {
    throw new Error(`${values.length} values do not make ${rows} rows of "${input.name}"`);
  }
  const data = allocate(input.datatype, values.length);
  const wide = isWide(data);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    // The forms have checked every value against the type already, which the compiler cannot see.
    (data as (number | bigint | string)[])[index] = wide ? BigInt(value) : value;
  }
  return new Map([[input.name, { datatype: input.datatype, shape: [rows, ...input.shape.slice(1)], data }]]);
}
