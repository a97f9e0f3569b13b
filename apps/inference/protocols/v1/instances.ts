import type { Signature, TensorSpec } from "../../../registry/metadata.ts";
import { invalidInput } from "../../http-error.ts";
import type { Tensor, Tensors } from "../../model/tensor.ts";
import type { TensorMemory } from "../../model/tensor-memory.ts";
import { readRows } from "../../payload/elements.ts";
import { asObject, field, join, nameOf } from "../../payload/fields.ts";
import { keptInteger } from "../../payload/long-integers.ts";
import { checkTexts } from "../../payload/text-limit.ts";

/**
 * Reads the inputs from instances: each is the value of the only input, or an object with a value for each input by name.
 *
 * @param instances At least one.
 * @throws HttpError 422 with the path of the value that does not fit the signature.
 */
export function readInstances(signature: Signature, instances: readonly unknown[], memory: TensorMemory): Tensors {
  const { inputs: specs } = signature;
  const areObjects = specs.length !== 1 || isObject(instances[0]);
  const tensors = new Map<string, Tensor>();
  for (const spec of specs) {
    const name = areObjects ? spec.name : undefined;
    const rows = name === undefined ? instances : columnOf(instances, name);
    const inner = innerShape(spec, rows[0], pathOf(0, name));
    const data = readRows(spec.datatype, inner, rows, "instances", memory, name);
    if (Array.isArray(data)) {
      checkTexts(data, signature, (row) => pathOf(row, name));
    }
    tensors.set(spec.name, { datatype: spec.datatype, shape: [rows.length, ...inner], data });
  }
  return tensors;
}

function columnOf(instances: readonly unknown[], name: string): unknown[] {
  return instances.map((instance, row) => {
    const path = pathOf(row, undefined);
    return field(asObject(instance, path), name, path);
  });
}

/** The shape of a row; sizes that the signature leaves open are taken from the first row, and apply to all others. */
function innerShape({ shape }: TensorSpec, row: unknown, path: string): number[] {
  let level = row;
  let where = path;
  return shape.slice(1).map((size) => {
    const list: readonly unknown[] | undefined = Array.isArray(level) ? level : undefined;
    // Inside an empty list, or a value that is wrongly not a list, there is no size to take.
    if (size === -1 && list === undefined && level !== undefined) {
      throw invalidInput(where, `must be a list, not ${nameOf(level)}`);
    }
    level = list?.[0];
    where = join(where, 0);
    return size === -1 ? (list?.length ?? 0) : size;
  });
}

function pathOf(row: number, name: string | undefined): string {
  const path = join("instances", row);
  return name === undefined ? path : join(path, name);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && keptInteger(value) === undefined;
}
