import { invalidInput } from "../../http-error.ts";
import { elementCount, rowWidth, type Tensor } from "../../model/tensor.ts";
import { asNumber, wordValue } from "../../payload/numbers.ts";
import { type FormOf, field, join, nameOf, onlyInput, type Values } from "../../payload/request-schema.ts";

/**
 * `{instances: […]}` → `{predictions: […], model, version}`. An instance is a number where a row has one element, and a
 * list of numbers (or of lists, one level a dimension) where it has more; a prediction likewise.
 */
export const instances: FormOf = (metadata) => {
  const input = onlyInput(metadata);
  const inner = input.shape.slice(1);
  const scalar = rowWidth(input.shape) === 1;
  const { name: model, version } = metadata;
  const [output] = metadata.signature.outputs;
  if (output === undefined || input.datatype === "BYTES") {
    throw new Error("an instances model must take numbers and have an output");
  }

  function readLevel(list: readonly unknown[], index: number, outer: string, level: number, values: Values): void {
    const value = list[index];
    const size = inner[level];
    if (size === undefined) {
      values.push(asNumber(value, input.datatype, outer, index));
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
        throw invalidInput(where, `has ${list.length} rows where ${limit} are left of what one request may have`);
      }
      for (let row = 0; row < list.length; row++) {
        const plain = scalar && !Array.isArray(list[row]);
        readLevel(list, row, where, plain ? inner.length : 0, values);
      }
      return list.length;
    },
    word(_request, outputs, from, rows) {
      const tensor = outputs.get(output.name);
      if (tensor === undefined) {
        throw new Error(`the model's answer lacks "${output.name}"`);
      }
      const predictions: unknown[] = [];
      for (let row = from; row < from + rows; row++) {
        predictions.push(wordRow(tensor, row));
      }
      return { predictions, model, version };
    },
  };
};

function wordRow(tensor: Tensor, row: number): unknown {
  const width = rowWidth(tensor.shape);
  return width === 1 ? wordValue(tensor, row) : wordLevel(tensor, row * width, 1);
}

function wordLevel(tensor: Tensor, offset: number, level: number): unknown {
  const size = tensor.shape[level];
  if (size === undefined) {
    return wordValue(tensor, offset);
  }
  const stride = elementCount(tensor.shape.slice(level + 1));
  return Array.from({ length: size }, (_, index) => wordLevel(tensor, offset + index * stride, level + 1));
}
