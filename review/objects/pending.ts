import { nameOf } from "../../engine/pulumi/preview.ts";
import type { FieldChange, Fields, ObjectChange } from "./change.ts";
import { valueAt } from "./fields.ts";
import { isAutonamed } from "./preview.ts";

/** The changes of a pull request, separated from those that an update would make without it. */
export interface Attributed {
  /** Every change of the head; those that are already pending on the base are marked. */
  readonly changes: readonly ObjectChange[];
  /** Changes that are pending on the base, but not with the pull request. */
  readonly settled: readonly ObjectChange[];
}

/** Marks the changes that the base's preview has as well: they are not the pull request's. */
export function attribute(head: readonly ObjectChange[], base: readonly ObjectChange[]): Attributed {
  const pending = new Map(base.map((change) => [change.id, change]));
  const names = { head: madeUpNames(head), base: madeUpNames(base) };
  const isEqual = (ours: unknown, theirs: unknown) => canonical(ours, names.head) === canonical(theirs, names.base);
  const changed = new Set(head.map(({ id }) => id));
  return {
    changes: head.map((change) => markPending(change, pending.get(change.id), isEqual)),
    settled: base.filter(({ id }) => !changed.has(id)),
  };
}

type Equality = (ours: unknown, theirs: unknown) => boolean;

function markPending(change: ObjectChange, base: ObjectChange | undefined, isEqual: Equality): ObjectChange {
  if (base?.action !== change.action) return change;
  const fields = change.fields.map((field) => ({ ...field, pending: isPending(field, base, isEqual) }));
  const pending =
    change.action === "delete" ||
    (change.action === "update" ? fields.every((field) => field.pending) : isEqual(change.after, base.after));
  return { ...change, fields, pending };
}

function isPending({ path, after }: FieldChange, base: ObjectChange, isEqual: Equality): boolean {
  return base.fields.some((field) => field.path === path && isEqual(after, field.after));
}

/** Names that Pulumi generated, which differ from one preview to the next, and their placeholders in both. */
function madeUpNames(changes: readonly ObjectChange[]): ReadonlyMap<string, string> {
  const named = (fields: Fields | undefined, id: string): [string, string][] => {
    const name = valueAt(fields, "metadata.name");
    return fields !== undefined && isAutonamed(fields) && typeof name === "string" ? [[name, nameOf(id)]] : [];
  };
  return new Map(changes.flatMap(({ after, id }) => named(after, id)));
}

function canonical(value: unknown, names: ReadonlyMap<string, string>): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "string") return names.get(part) ?? part;
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }) as string;
}
