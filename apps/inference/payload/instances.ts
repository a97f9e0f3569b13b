import type { Signature } from "../../registry/metadata.ts";
import { invalidInput } from "../http-error.ts";
import type { Tensor, Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import { readRows } from "./elements.ts";
import { asObject, field, join, nameOf } from "./fields.ts";
import { keptInteger, keptNonFinite } from "./kept-numbers.ts";
import { isBase64 } from "./text.ts";
import { checkTexts } from "./text-limit.ts";

/**
 * Reads the inputs from instances: each is the value of the only input, or an object with a value for each input by name.
 *
 * @param instances At least one.
 * @param list Path of the instances in the body.
 * @throws HttpError 422 with the path of the value that does not fit the signature.
 */
export function readInstances(
  signature: Signature,
  instances: readonly unknown[],
  memory: TensorMemory,
  list = "instances",
): Tensors {
  const { inputs: specs } = signature;
  const areObjects = specs.length !== 1 || isNamed(instances[0]);
  const pathOf = (row: number, name: string | undefined) => {
    const path = join(list, row);
    return name === undefined ? path : join(path, name);
  };
  const tensors = new Map<string, Tensor>();
  for (const spec of specs) {
    const name = areObjects ? spec.name : undefined;
    const rows = name === undefined ? instances : columnOf(instances, name, list);
    const inner = knownSizes(spec.shape.slice(1), rows[0], pathOf(0, name));
    const data = readRows(spec.datatype, inner, rows, list, memory, name);
    if (Array.isArray(data)) {
      checkTexts(data, signature, (row) => pathOf(row, name));
    }
    tensors.set(spec.name, { datatype: spec.datatype, shape: [rows.length, ...inner], data });
  }
  return tensors;
}

function columnOf(instances: readonly unknown[], name: string, list: string): unknown[] {
  return instances.map((instance, row) => {
    const path = join(list, row);
    return field(asObject(instance, path), name, path);
  });
}

/**
 * Sizes without -1: those that the signature leaves open are taken from a value with one list per dimension.
 *
 * @param path Path of the value in the body.
 * @throws HttpError 422 if it has too few levels of lists.
 */
export function knownSizes(sizes: readonly number[], value: unknown, path: string): number[] {
  let level = value;
  let where = path;
  return sizes.map((size) => {
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

/** Whether a value names inputs: an object that is neither a kept number nor a text in base64. */
export function isNamed(value: unknown): boolean {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && keptInteger(value) === undefined && keptNonFinite(value) === undefined && !isBase64(value);
}
