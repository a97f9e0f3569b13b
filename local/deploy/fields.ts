import type { KubernetesObject } from "../../render/rendered.ts";
import type { LiveObject } from "../kubectl.ts";

/** A value at a dotted path such as `spec.replicas`; undefined where there is none. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key) : undefined),
      value,
    );
}

/** What names an object, and nothing else of it. */
export function identity({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace } = metadata;
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}

/** The object without the given paths, which must not be among those that name it. */
export function withoutPaths(object: KubernetesObject, paths: readonly string[]): KubernetesObject {
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const path of paths) {
    const keys = path.split(".");
    const last = keys.pop() ?? path;
    const parent = keys.length === 0 ? copy : valueAt(copy, keys.join("."));
    if (typeof parent === "object" && parent !== null) Reflect.deleteProperty(parent, last);
  }
  return copy as KubernetesObject;
}

/** The object with nothing but what names it and the given paths. */
export function onlyPaths(object: KubernetesObject, paths: readonly string[]): KubernetesObject {
  const result: Record<string, unknown> = { ...identity(object) };
  const settable = paths.flatMap((path) =>
    path === "metadata" ? ["metadata.labels", "metadata.annotations"] : [path],
  );
  for (const path of settable) {
    const value = valueAt(object, path);
    if (value === undefined) continue;
    const keys = path.split(".");
    const last = keys.pop() ?? path;
    let parent = result;
    for (const key of keys) {
      parent[key] ??= {};
      parent = parent[key] as Record<string, unknown>;
    }
    parent[last] = value;
  }
  return result as KubernetesObject;
}

/** Whether a field manager has applied a field at or below a path, and so would remove it by leaving it out. */
export function owns(object: LiveObject, manager: string, path: string): boolean {
  return (object.metadata.managedFields ?? []).some((entry) => {
    if (entry.manager !== manager || entry.operation !== "Apply") return false;
    const fields = path
      .split(".")
      .map((key) => `f:${key}`)
      .reduce<unknown>(
        (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key) : undefined),
        entry.fieldsV1,
      );
    return fields !== undefined;
  });
}

/**
 * Paths at which two states of an object differ, leaving out what the cluster itself keeps up to date.
 *
 * @returns paths such as `spec.rules[1].backendRefs[0].weight`, sorted
 */
export function changedPaths(before: KubernetesObject, after: KubernetesObject): string[] {
  return differences(comparable(before), comparable(after), "").toSorted();
}

function comparable({ status: _status, ...object }: KubernetesObject): unknown {
  const {
    managedFields: _managed,
    resourceVersion: _version,
    generation: _generation,
    ...metadata
  } = {
    managedFields: undefined,
    resourceVersion: undefined,
    generation: undefined,
    ...object.metadata,
  };
  return { ...object, metadata };
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (Object.is(before, after)) return [];
  const bothContainers = typeof before === "object" && typeof after === "object" && before !== null && after !== null;
  if (!bothContainers || Array.isArray(before) !== Array.isArray(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => {
    const at = Array.isArray(before) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    return differences(Reflect.get(before, key), Reflect.get(after, key), at);
  });
}
