/** Placeholder for a value that is not known yet in a preview. */
export const UNKNOWN: unique symbol = Symbol("unknown until the update");

/** Placeholder for a value that is marked secret, and therefore encrypted in the state. */
export const MARKED: unique symbol = Symbol("marked secret");

/** A field deep in an object; undefined if it does not exist, {@link UNKNOWN} if it or its parent is not known yet. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part === UNKNOWN ? UNKNOWN : isRecord(part) ? part[key] : undefined),
    value,
  );
}

/** The items of a list; empty if it is not a list or not known yet. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The fields of an object by name; empty if it is not an object or not known yet. */
export function entries(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

/** A text; undefined if it is something else or not known yet. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
