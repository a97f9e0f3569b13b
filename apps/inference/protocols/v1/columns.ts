import type { TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import type { Tensor, Tensors } from "../../model/tensor.ts";
import { readElements, readRows } from "../../payload/elements.ts";
import { asObject, field, join, nameOf } from "../../payload/fields.ts";
import { isNamed, knownSizes } from "../../payload/instances.ts";
import { checkTexts } from "../../payload/text-limit.ts";
import type { ReadOptions } from "../protocol.ts";

/** The inputs of a request, and the rows in each; 1 if the model has no batch dimension. */
export interface Columns {
  readonly inputs: Tensors;
  readonly rows: number;
}

/**
 * Reads the inputs from columns: a whole tensor by the name of each input, or that of the only input, as nested lists.
 *
 * @param value The request's `inputs`.
 * @throws HttpError 422 with the path of the value that does not fit the signature.
 */
export function readColumns(model: Model, value: unknown, options: ReadOptions): Columns {
  const { signature } = model.metadata;
  const areNamed = signature.inputs.length !== 1 || isNamed(value);
  const inputs = new Map<string, Tensor>();
  let rows: number | undefined;
  for (const spec of signature.inputs) {
    const path = areNamed ? join("inputs", spec.name) : "inputs";
    const given = areNamed ? field(asObject(value, "inputs"), spec.name, "inputs") : value;
    const tensor = model.batched ? readBatch(spec, given, path, options) : readWhole(spec, given, path, options);
    if (Array.isArray(tensor.data)) {
      checkTexts(tensor.data, signature, (element) => join(path, element));
    }
    if (model.batched) {
      rows ??= tensor.shape[0];
      if (tensor.shape[0] !== rows) {
        throw invalidInput(path, `must have ${rows} rows, as the inputs before it; it has ${tensor.shape[0]}`);
      }
    }
    inputs.set(spec.name, tensor);
  }
  return { inputs, rows: rows ?? 1 };
}

function readBatch({ datatype, shape }: TensorSpec, value: unknown, path: string, options: ReadOptions): Tensor {
  const { maxRows, memory } = options;
  if (!Array.isArray(value)) {
    throw invalidInput(path, `must be a list of rows, not ${nameOf(value)}`);
  }
  if (value.length < 1 || value.length > maxRows) {
    throw invalidInput(path, `must have 1 to ${maxRows} rows; it has ${value.length}`);
  }
  const inner = knownSizes(shape.slice(1), value[0], join(path, 0));
  return { datatype, shape: [value.length, ...inner], data: readRows(datatype, inner, value, path, memory) };
}

function readWhole({ datatype, shape }: TensorSpec, value: unknown, path: string, { memory }: ReadOptions): Tensor {
  const sizes = knownSizes(shape, value, path);
  const elements = sizes.length === 0 ? [value] : value;
  return { datatype, shape: sizes, data: readElements(datatype, sizes, elements, path, memory) };
}
