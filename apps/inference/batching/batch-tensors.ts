import { concatenateRows, RowsError, sliceRows, type Tensor, type Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";

/** An error for the first output with another number of rows; undefined if there is none. */
export function wrongRows(outputs: Tensors, rows: number): RowsError | undefined {
  for (const [name, tensor] of outputs) {
    if (tensor.shape[0] !== rows) {
      return new RowsError(
        `output "${name}" has ${tensor.shape[0]} rows for ${rows} rows of input; if its first dimension is not the ` +
          "batch, set maxBatchSize to 0 in the signature",
      );
    }
  }
  return undefined;
}

/** @throws RowsError if an output has another number of rows and therefore cannot be split by row. */
export function assertRows(outputs: Tensors, rows: number): void {
  const wrong = wrongRows(outputs, rows);
  if (wrong !== undefined) {
    throw wrong;
  }
}

/** The row shapes of all inputs as a string, for comparison. */
export function innerShapes(inputs: Tensors): string {
  let shapes = "";
  for (const { shape } of inputs.values()) {
    shapes += `${shape.slice(1).join()};`;
  }
  return shapes;
}

/** Rows `from` up to, not including, `to` of each tensor. */
export function slice(tensors: Tensors, from: number, to: number): Tensors {
  const part = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    part.set(name, sliceRows(tensor, from, to));
  }
  return part;
}

/** Concatenates the inputs of several requests row by row. */
export function concatenate(parts: readonly { readonly inputs: Tensors }[], memory: TensorMemory): Tensors {
  const [first] = parts;
  if (first === undefined || parts.length === 1) {
    return first?.inputs ?? new Map();
  }
  const whole = new Map<string, Tensor>();
  for (const name of first.inputs.keys()) {
    const tensors: Tensor[] = [];
    for (const { inputs } of parts) {
      const tensor = inputs.get(name);
      if (tensor !== undefined) tensors.push(tensor);
    }
    whole.set(name, concatenateRows(tensors, memory));
  }
  return whole;
}
