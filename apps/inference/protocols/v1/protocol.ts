import type { ModelMetadata } from "../../../registry/metadata.ts";
import { assertRows } from "../../batching/batch-tensors.ts";
import { UNDECLARED } from "../../http/body.ts";
import { invalidInput, Problem } from "../../http-error.ts";
import { elementCount, sliceRows, type Tensors } from "../../model/tensor.ts";
import { wordElements } from "../../payload/elements.ts";
import { parseJson } from "../../payload/json.ts";
import { notFinite, parsingOf } from "../../payload/numbers.ts";
import { asObject, field, nameOf } from "../../payload/request-schema.ts";
import type { Protocol } from "../prediction.ts";
import { readInstances } from "./instances.ts";

/**
 * The `instances` → `predictions` form of TensorFlow Serving and KServe, in rows: an instance is the value of the only
 * input, or an object with one for each input by name; a prediction is the value of the only output, or such an object.
 */
export const instancesProtocol: Protocol = {
  types: [UNDECLARED],
  read(_ctx, bytes, { model }, maxRows) {
    const { signature, name } = model.metadata;
    if (!model.batched) {
      throw new Problem(404, "not_found", `model ${name} takes no instances; POST /v2/models/${name}/infer`);
    }
    const instances = field(asObject(parseJson(bytes, parsingOf(signature.inputs)), ""), "instances", "");
    if (!Array.isArray(instances)) {
      throw invalidInput("instances", `must be a list, not ${nameOf(instances)}`);
    }
    if (instances.length < 1 || instances.length > maxRows) {
      throw invalidInput("instances", `must have 1 to ${maxRows} instances; it has ${instances.length}`);
    }
    const inputs = readInstances(signature, instances);
    return {
      inputs,
      rows: instances.length,
      word(_ctx, outputs) {
        assertRows(outputs, instances.length);
        return { predictions: instances.map((_, row) => wordRow(model.metadata, outputs, row)) };
      },
    };
  },
};

function wordRow({ name: model, signature }: ModelMetadata, outputs: Tensors, row: number): unknown {
  const { outputs: specs } = signature;
  const [first] = specs;
  if (specs.length === 1 && first !== undefined) {
    return wordOutput(model, first.name, outputs, row);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, wordOutput(model, name, outputs, row)]));
}

function wordOutput(model: string, name: string, outputs: Tensors, row: number): unknown {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's answer lacks "${name}"`);
  }
  const { datatype, shape, data } = sliceRows(tensor, row, row + 1);
  const words = wordElements(datatype, data, (value) => notFinite(value, name, model));
  return nest(words, shape.slice(1));
}

/** A flat list as lists of lists, one level a dimension; a single value without any. */
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
