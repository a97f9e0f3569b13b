import * as pulumi from "@pulumi/pulumi";
import { type FieldType, fieldsOf } from "./api.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Directives of strategic merge patches. */
export const PATCH = "$patch";
export const RETAIN_KEYS = "$retainKeys";
export const DELETE_FROM_LIST = "$deleteFromPrimitiveList/";

/**
 * A patch merged over a value by Kubernetes' rules for strategic merge patches: objects field by field; lists with a merge key
 * item by item, new items last; any other list replaces the value's; `null` takes a field away.
 * `$patch: replace`, `$patch: delete`, `$retainKeys` and `$deleteFromPrimitiveList` mean what they mean to kubectl. Without a
 * type, as for custom kinds, it is a JSON merge patch: every list is replaced.
 *
 * Values that are known only later (Pulumi's outputs) are replaced, never looked into.
 *
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
 */
export function mergePatch(value: unknown, patch: unknown, type: FieldType = { is: "any" }): unknown {
  if (!isObject(patch)) {
    return Array.isArray(patch) ? mergeList(Array.isArray(value) ? value : [], patch, type) : patch;
  }
  const directive = patch[PATCH];
  if (directive === "delete") return undefined;
  const base = directive !== "replace" && isObject(value) ? value : {};
  const retained = patch[RETAIN_KEYS];
  const merged: Record<string, unknown> = Array.isArray(retained)
    ? Object.fromEntries(Object.entries(base).filter(([key]) => retained.includes(key)))
    : { ...base };
  for (const [key, change] of Object.entries(patch)) {
    if (key === PATCH || key === RETAIN_KEYS) continue;
    if (key.startsWith(DELETE_FROM_LIST)) {
      const field = key.slice(DELETE_FROM_LIST.length);
      const [items, without] = [merged[field], change];
      if (Array.isArray(items) && Array.isArray(without)) {
        merged[field] = items.filter((item) => !without.includes(item));
      }
      continue;
    }
    const result = change === null ? undefined : mergePatch(merged[key], change, typeOfField(type, key));
    if (result === undefined) delete merged[key];
    else merged[key] = result;
  }
  return merged;
}

function mergeList(value: readonly unknown[], patch: readonly unknown[], type: FieldType): unknown[] {
  if (type.is !== "list" || type.merge === undefined) return patch.map((item) => mergePatch(undefined, item));
  const { merge, items: itemType } = type;
  if (merge === "union") return [...value, ...patch.filter((item) => !value.includes(item))];
  const replaced = patch.some((item) => isObject(item) && item[PATCH] === "replace" && item[merge.by] === undefined);
  const merged: unknown[] = replaced ? [] : [...value];
  const added: unknown[] = [];
  for (const item of patch) {
    const key = isObject(item) ? item[merge.by] : undefined;
    if (replaced && key === undefined) continue;
    const index = merged.findIndex((other) => isObject(other) && other[merge.by] === key);
    const result = mergePatch(merged[index], item, itemType);
    if (index < 0) added.push(...(result === undefined ? [] : [result]));
    else merged.splice(index, 1, ...(result === undefined ? [] : [result]));
  }
  return [...merged, ...added];
}

/** Two patches of one value as a single one, the second over the first: what either takes away stays taken away. */
export function joinPatches(first: unknown, second: unknown, type: FieldType = { is: "any" }): unknown {
  if (isObject(first) && isObject(second)) {
    if (second[PATCH] !== undefined) return second;
    const common = Object.keys(second).filter((key) => Object.hasOwn(first, key));
    const joined = common.map((key) => [key, joinPatches(first[key], second[key], typeOfField(type, key))]);
    return { ...first, ...second, ...Object.fromEntries(joined) };
  }
  if (!Array.isArray(first) || !Array.isArray(second) || type.is !== "list" || type.merge === undefined) return second;
  const { merge, items } = type;
  if (merge === "union") return [...new Set([...first, ...second])];
  const keyOf = (item: unknown) => (isObject(item) ? item[merge.by] : undefined);
  const kept = first.map((item) => {
    const other = second.find((candidate) => keyOf(candidate) === keyOf(item));
    return other === undefined ? item : joinPatches(item, other, items);
  });
  return [...kept, ...second.filter((item) => !first.some((other) => keyOf(other) === keyOf(item)))];
}

/** The type of a field; of every value in a map. */
export function typeOfField(type: FieldType, field: string): FieldType {
  if (type.is === "map") return type.values;
  return (type.is === "object" ? fieldsOf(type.definition)[field]?.type : undefined) ?? { is: "any" };
}

/** Whether a value has fields of its own: neither a list nor one of Pulumi's outputs. */
export function isObject(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !pulumi.Output.isInstance(value) && !(value instanceof Promise);
}
