import type { OutputInstance } from "@pulumi/pulumi";

/** `T` with every property and list read-only, at any depth. */
export type Immutable<T> = T extends Primitive | Later ? T : { readonly [P in keyof T]: Immutable<T[P]> };

/** Values that a program of one's own may give to components in place of known ones. */
type Later = OutputInstance<unknown> | Promise<unknown>;

type Primitive = string | number | boolean | bigint | symbol | null | undefined;

/** Freezes a value and everything in it. */
export function immutable<T>(value: T): Immutable<T> {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(immutable);
  }
  return value as Immutable<T>;
}
