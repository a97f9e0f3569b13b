import type { Signature, TensorSpec } from "../../registry/metadata.ts";
import { assertRows } from "../batch-tensors.ts";
import { parseJson, UNDECLARED } from "../http/body.ts";
import { sliceRows, type Tensor, type Tensors } from "../model/tensor.ts";
import { asObject, field, nameOf } from "../predict/form.ts";
import type { Protocol } from "../prediction.ts";
import { invalidInput, Problem } from "../problem.ts";
import { readElements, wordElements } from "../v2/elements.ts";

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
    const instances = field(asObject(parseJson(bytes), ""), "instances", "");
    if (!Array.isArray(instances)) {
      throw invalidInput("instances", `must be a list, not ${nameOf(instances)}`);
    }
    if (instances.length < 1 || instances.length > maxRows) {
      throw invalidInput("instances", `must have 1 to ${maxRows} instances; it has ${instances.length}`);
    }
    const inputs = readInstances(signature.inputs, instances);
    return {
      inputs,
      rows: instances.length,
      word(_ctx, outputs) {
        assertRows(outputs, instances.length);
        return { predictions: instances.map((_, row) => wordRow(signature, outputs, row)) };
      },
    };
  },
};

function readInstances(specs: readonly TensorSpec[], instances: readonly unknown[]): Tensors {
  const [first] = specs;
  const areObjects = specs.length > 1 || isObject(instances[0]);
  const tensors = new Map<string, Tensor>();
  for (const spec of areObjects || first === undefined ? specs : [first]) {
    const rows = areObjects
      ? instances.map((instance, row) => {
          const path = `instances[${row}]`;
          return field(asObject(instance, path), spec.name, path);
        })
      : instances;
    const name = areObjects ? spec.name : undefined;
    const shape = [rows.length, ...innerShape(spec, rows[0], pathOf(0, name))];
    const scalars = shape.length === 2 && shape[1] === 1 && !Array.isArray(rows[0]);
    const data = readElements(spec.datatype, scalars ? [rows.length] : shape, rows, "instances");
    tensors.set(spec.name, { datatype: spec.datatype, shape, data });
  }
  return tensors;
}

/** The shape of a row; a size that the signature leaves open is the first row's, and all others must have it. */
function innerShape({ shape }: TensorSpec, row: unknown, path: string): number[] {
  let level: unknown = row;
  return shape.slice(1).map((size) => {
    const list: readonly unknown[] | undefined = Array.isArray(level) ? level : undefined;
    level = list?.[0];
    if (size !== -1) {
      return size;
    }
    if (list === undefined || list.length === 0) {
      throw invalidInput(path, "must be a list with elements");
    }
    return list.length;
  });
}

function pathOf(row: number, name: string | undefined): string {
  return name === undefined ? `instances[${row}]` : `instances[${row}].${name}`;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wordRow({ outputs: specs }: Signature, outputs: Tensors, row: number): unknown {
  const [first] = specs;
  if (specs.length === 1 && first !== undefined) {
    return wordOutput(first.name, outputs, row);
  }
  return Object.fromEntries(specs.map(({ name }) => [name, wordOutput(name, outputs, row)]));
}

function wordOutput(name: string, outputs: Tensors, row: number): unknown {
  const tensor = outputs.get(name);
  if (tensor === undefined) {
    throw new Error(`the model's answer lacks "${name}"`);
  }
  const { datatype, shape, data } = sliceRows(tensor, row, row + 1);
  const refuse = (value: number) =>
    new Problem(422, "not_finite", `the model answers ${value} in "${name}", which JSON has no word for`);
  return nest(wordElements(datatype, data, refuse), shape.slice(1));
}

/** A flat list as lists of lists, one level a dimension; a single value without any. */
function nest(flat: readonly unknown[], shape: readonly number[]): unknown {
  let level: readonly unknown[] = flat;
  for (const size of shape.slice(1).reverse()) {
    const next: unknown[] = [];
    for (let from = 0; from < level.length; from += size) {
      next.push(level.slice(from, from + size));
    }
    level = next;
  }
  return shape.length === 0 ? level[0] : level;
}
