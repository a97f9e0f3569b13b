import type { Datatype, ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { UNDECLARED } from "../../http/body/content-type.ts";
import { HttpError, invalidInput } from "../../http-error.ts";
import type { Model } from "../../model/model.ts";
import { elementCount, sliceRows, type Tensor, type TensorData, type Tensors } from "../../model/tensor.ts";
import { asObject, field, type JsonObject, nameOf } from "../../payload/fields.ts";
import { readInstances } from "../../payload/instances.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import { byLabel, notFinite, serializeElements } from "../../payload/serialize.ts";
import type { InferenceRequest, Protocol, ReadOptions } from "../protocol.ts";
import { assertOwnRows } from "../rows.ts";
import { readColumns } from "./columns.ts";

/**
 * The formats of TensorFlow Serving and KServe. By row: `instances` → `predictions`; an instance is the value of the only
 * input, or an object with a value for each input by name, and predictions have the same form for the outputs. By column, as
 * TensorFlow Serving has it: `inputs` → `outputs`, each a whole tensor, or an object with a tensor by name.
 * https://www.tensorflow.org/tfx/serving/api_rest#predict_api
 */
export const v1Protocol: Protocol = {
  types: [UNDECLARED],
  read(_ctx, bytes, { model }, options) {
    const body = asObject(parseJson(bytes, parsingOf(model.metadata.signature.inputs)), "");
    return Object.hasOwn(body, "inputs") ? byColumn(body, model, options) : byRow(body, model, options);
  },
};

function byRow(body: JsonObject, model: Model, { maxRows, memory }: ReadOptions): InferenceRequest {
  const { signature, name } = model.metadata;
  if (!model.batched) {
    throw new HttpError(404, "not_found", `model ${name} takes no instances; POST /v2/models/${name}/infer`);
  }
  const instances = field(body, "instances", "");
  if (!Array.isArray(instances)) {
    throw invalidInput("instances", `must be a list, not ${nameOf(instances)}`);
  }
  if (instances.length < 1 || instances.length > maxRows) {
    throw invalidInput("instances", `must have 1 to ${maxRows} instances; it has ${instances.length}`);
  }
  const inputs = readInstances(signature, instances, memory);
  return {
    inputs,
    rows: instances.length,
    serialize(_ctx, outputs) {
      assertOwnRows(outputs, instances.length, name);
      return { predictions: instances.map((_, row) => serializeRow(model.metadata, outputs, row)) };
    },
  };
}

function byColumn(body: JsonObject, model: Model, options: ReadOptions): InferenceRequest {
  if (Object.hasOwn(body, "instances")) {
    throw invalidInput("inputs", "must not be given together with instances");
  }
  const { inputs, rows } = readColumns(model, body["inputs"], options);
  return { inputs, rows, serialize: (_ctx, outputs) => ({ outputs: serializeColumns(model.metadata, outputs) }) };
}

function serializeColumns({ name: model, signature }: ModelMetadata, outputs: Tensors): unknown {
  const columns = signature.outputs.map(({ name }) => [name, serializeTensor(model, name, outputs)] as const);
  const [only] = columns;
  return columns.length === 1 && only !== undefined ? only[1] : Object.fromEntries(columns);
}

function serializeRow({ name: model, signature }: ModelMetadata, outputs: Tensors, row: number): unknown {
  const { outputs: specs } = signature;
  const [first] = specs;
  if (specs.length === 1 && first !== undefined) {
    return serializeOutput(model, first, outputs, row);
  }
  return Object.fromEntries(specs.map((spec) => [spec.name, serializeOutput(model, spec, outputs, row)]));
}

function serializeOutput(model: string, { name, labels }: TensorSpec, outputs: Tensors, row: number): unknown {
  const { datatype, shape, data } = sliceRows(tensorOf(outputs, name), row, row + 1);
  const elements = elementsOf(model, name, datatype, data);
  return labels === undefined ? nest(elements, shape.slice(1)) : byLabel(labels, elements);
}

function serializeTensor(model: string, name: string, outputs: Tensors): unknown {
  const { datatype, shape, data } = tensorOf(outputs, name);
  return nest(elementsOf(model, name, datatype, data), shape);
}

function tensorOf(outputs: Tensors, name: string): Tensor {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's output lacks "${name}"`);
  }
  return tensor;
}

function elementsOf(model: string, name: string, datatype: Datatype, data: TensorData): unknown[] {
  return serializeElements(datatype, data, (value) => notFinite(value, name, `POST /v2/models/${model}/infer`));
}

/** Nests a flat list, one level per dimension; a shape without dimensions gives the single value. */
function nest(flat: readonly unknown[], shape: readonly number[]): unknown {
  if (shape.length === 0) {
    return flat[0];
  }
  let level: readonly unknown[] = flat;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const size = shape[axis] ?? 0;
    const lists = elementCount(shape.slice(0, axis));
    const below = level;
    level = Array.from({ length: lists }, (_, list) => below.slice(list * size, (list + 1) * size));
  }
  return level;
}
