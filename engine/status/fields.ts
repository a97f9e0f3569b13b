/** A value at a dotted path such as `spec.replicas`; undefined if there is none. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (part, key) => (typeof part === "object" && part !== null ? Reflect.get(part, key) : undefined),
      value,
    );
}

/** A condition in an object's status. */
interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The condition of a type in an object's status; undefined if there is none. */
export function condition(object: unknown, type: string): Condition | undefined {
  return ((valueAt(object, "status.conditions") ?? []) as Condition[]).find((item) => item.type === type);
}
