import type { FieldChange, Fields } from "./change.ts";

/** The engine's placeholder for a string that is known only after the update. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The engine's placeholder for a secret. */
const SECRET = "[secret]";

/** The key under which the engine's wire format wraps secrets and other special values. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** The fields of a Secret that may be shown. */
const PUBLIC_SECRET_FIELDS = new Set(["apiVersion", "kind", "metadata", "type", "immutable"]);

/** An object without confidential values: those that the engine marks secret, and the values of a Secret. */
export function withoutSecrets(kind: string, fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      kind === "Secret" && !PUBLIC_SECRET_FIELDS.has(key) ? SECRET : withoutWrapped(value),
    ]),
  );
}

function withoutWrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWrapped);
  if (!isFields(value)) return value;
  if (SIGNATURE in value) return SECRET;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutWrapped(part)]));
}

/** The differences between two objects, field by field, in the order of the fields. */
export function differences(before: unknown, after: unknown, path = ""): FieldChange[] {
  if (isFields(before) && isFields(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => differences(before[key], after[key], joinPath(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const items = before.length > after.length ? before : after;
    return items.flatMap((_item, index) => differences(before[index], after[index], `${path}[${index}]`));
  }
  return before === after ? [] : [{ path, before, after, pending: false }];
}

/** The value at a path such as `metadata.annotations["a/b"]` or `spec.rules[1].matches`; undefined if there is none. */
export function valueAt(fields: unknown, path: string): unknown {
  return splitPath(path).reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    fields,
  );
}

/** Whether a path is the other one or lies below it. */
export function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

/** A value as one line of text; undefined if there is nothing to show. */
export function showValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string") return value.replaceAll(UNKNOWN, "(known after the update)");
  return JSON.stringify(value).replaceAll(UNKNOWN, "(known after the update)");
}

/** Whether a value, or a part of it, is known only after the update. */
export function isUnknown(value: unknown): boolean {
  return typeof value === "string" && value.includes(UNKNOWN);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function splitPath(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? index ?? plain ?? "",
  );
}

function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}["${key.replaceAll(/["\\]/g, "\\$&")}"]`;
  return path === "" ? key : `${path}.${key}`;
}
