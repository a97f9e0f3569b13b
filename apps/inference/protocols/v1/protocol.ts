import type { ModelMetadata } from "../../../registry/metadata.ts";
import { assertRows } from "../../batching/batch-tensors.ts";
import { UNDECLARED } from "../../http/body/read-body.ts";
import { HttpError, invalidInput } from "../../http-error.ts";
import { elementCount, sliceRows, type Tensors } from "../../model/tensor.ts";
import { asObject, field, nameOf } from "../../payload/fields.ts";
import { parseJson } from "../../payload/json.ts";
import { parsingOf } from "../../payload/numbers.ts";
import { notFinite, serializeElements } from "../../payload/serialize.ts";
import type { Protocol } from "../protocol.ts";
import { readInstances } from "./instances.ts";

/**
 * The row format of TensorFlow Serving and KServe: `instances` → `predictions`. An instance is the value of the only input, or
 * an object with a value for each input by name; predictions have the same form for the outputs.
 */
export const instancesProtocol: Protocol = {
  types: [UNDECLARED],
  read(_ctx, bytes, { model }, { maxRows, memory }) {
    const { signature, name } = model.metadata;
    if (!model.batched) {
      throw new HttpError(404, "not_found", `model ${name} takes no instances; POST /v2/models/${name}/infer`);
    }
    const instances = field(asObject(parseJson(bytes, parsingOf(signature.inputs)), ""), "instances", "");
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
        assertRows(outputs, instances.length);
        return { predictions: instances.map((_, row) => serializeRow(model.metadata, outputs, row)) };
      },
    };
  },
};

function serializeRow({ name: model, signature }: ModelMetadata, outputs: Tensors, row: number): unknown {
  const { outputs: specs } = signature;
  const [first] = specs;
  if (specs.length === 1 && first !== undefined) {
    return serializeOutput(model, first.name, outputs, row);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, serializeOutput(model, name, outputs, row)]));
}

function serializeOutput(model: string, name: string, outputs: Tensors, row: number): unknown {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's output lacks "${name}"`);
  }
  const { datatype, shape, data } = sliceRows(tensor, row, row + 1);
  const request = `POST /v2/models/${model}/infer`;
  const elements = serializeElements(datatype, data, (value) => notFinite(value, name, request));
  return nest(elements, shape.slice(1));
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
