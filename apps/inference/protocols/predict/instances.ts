import { invalidInput } from "../../http-error.ts";
import { elementCount, rowWidth, type Tensor } from "../../model/tensor.ts";
import { field, join, nameOf } from "../../payload/fields.ts";
import { asElement } from "../../payload/numbers.ts";
import type { Values } from "../../payload/request-schema.ts";
import { serializeValue } from "../../payload/serialize.ts";
import { type CreateRequestSchema, onlyInput } from "./only-input.ts";

/**
 * `{instances: […]}` → `{predictions: […], model, version}`. An instance is a number if a row has one element, otherwise
 * a list of numbers, or of lists, one level per dimension. Predictions have the same form.
 */
export const instances: CreateRequestSchema = (metadata) => {
  const input = onlyInput(metadata);
  const inner = input.shape.slice(1);
  const scalar = rowWidth(input.shape) === 1;
  const isFloat = input.datatype === "FP32";
  const { name: model, version } = metadata;
  const [output] = metadata.signature.outputs;
  if (output === undefined || input.datatype === "BYTES") {
    throw new Error("an instances model must take numbers and have an output");
  }

  function readLevel(list: readonly unknown[], index: number, outer: string, level: number, values: Values): void {
    const value = list[index];
    const size = inner[level];
    if (size === undefined) {
      values.push(asElement(value, input.datatype, outer, index));
      return;
    }
    const path = join(outer, index);
    if (!Array.isArray(value)) {
      throw invalidInput(path, `must be a list of ${size}, not ${nameOf(value)}`);
    }
    if (value.length !== size) {
      throw invalidInput(path, `must have ${size} elements; it has ${value.length}`);
    }
    for (let element = 0; element < size; element++) {
      readLevel(value, element, path, level + 1, values);
    }
  }

  return {
    input,
    sample: new Array<number>(rowWidth(input.shape)).fill(0),
    read(request, path, values, limit) {
      const list = field(request, "instances", path);
      const where = join(path, "instances");
      if (!Array.isArray(list)) {
        throw invalidInput(where, `must be a list, not ${nameOf(list)}`);
      }
      if (list.length === 0) {
        throw invalidInput(where, "must have at least one instance");
      }
      if (list.length > limit) {
        throw invalidInput(where, `has ${list.length} rows; only ${limit} more are allowed in one request`);
      }
      for (let row = 0; row < list.length; row++) {
        const value: unknown = list[row];
        // Most instances are a number, which needs no path.
        if (scalar && isFloat && typeof value === "number" && Number.isFinite(Math.fround(value))) {
          values.push(value);
          continue;
        }
        const plain = scalar && !Array.isArray(list[row]);
        readLevel(list, row, where, plain ? inner.length : 0, values);
      }
      return list.length;
    },
    serialize(_request, outputs, from, rows) {
      const tensor = outputs.get(output.name);
      if (tensor === undefined) {
        throw new Error(`the model's output lacks "${output.name}"`);
      }
      const predictions: unknown[] = [];
      const isElement = rowWidth(tensor.shape) === 1;
      for (let row = from; row < from + rows; row++) {
        predictions.push(isElement ? serializeValue(tensor, row) : serializeRow(tensor, row));
      }
      return { predictions, model, version };
    },
  };
};

/** A row of an output: the element itself if there is one, otherwise nested lists, one level per dimension. */
export function serializeRow(tensor: Tensor, row: number): unknown {
  const width = rowWidth(tensor.shape);
  return width === 1 ? serializeValue(tensor, row) : serializeLevel(tensor, row * width, 1);
}

function serializeLevel(tensor: Tensor, offset: number, level: number): unknown {
  const size = tensor.shape[level];
  if (size === undefined) {
    return serializeValue(tensor, offset);
  }
  const stride = elementCount(tensor.shape.slice(level + 1));
  return Array.from({ length: size }, (_, index) => serializeLevel(tensor, offset + index * stride, level + 1));
}
