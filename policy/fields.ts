/** Stands where a preview does not know a value yet. */
export const UNKNOWN: unique symbol = Symbol("unknown until the update");

/** Stands where a value is marked secret: the state has it encrypted. */
export const MARKED: unique symbol = Symbol("marked secret");

/** A field deep in an object; undefined where there is none, {@link UNKNOWN} where it or what it is in is not known yet. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part === UNKNOWN ? UNKNOWN : isRecord(part) ? part[key] : undefined),
    value,
  );
}

/** The items of a list; none where it is no list, or not known yet. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields of an object by name; none where it is no object, or not known yet. */
export function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

/** A text; undefined where it is something else, or not known yet. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
