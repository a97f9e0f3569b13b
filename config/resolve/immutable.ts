/** `T` with every property and list read-only, at any depth. */
export type Immutable<T> = T extends Primitive ? T : { readonly [P in keyof T]: Immutable<T[P]> };

type Primitive = string | number | boolean | bigint | symbol | null | undefined;

/** Freezes a value and everything in it. */
export function immutable<T>(value: T): Immutable<T> {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(immutable);
  }
  return value as Immutable<T>;
}
