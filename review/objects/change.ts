/** The fields of an object, as parsed JSON or YAML. */
export type Fields = Readonly<Record<string, unknown>>;

/** One field of an object that changes. */
export interface FieldChange {
  /** Such as `spec.rules[1].backendRefs[0].weight`. */
  readonly path: string;
  /** Undefined if the field does not exist or must not be shown. */
  readonly before?: unknown;
  readonly after?: unknown;
  /** Whether an update would change the field to the same value without the pull request. */
  readonly pending: boolean;
}

/** What an update does to one object. */
export interface ObjectChange {
  /** Identifies the object on both sides: the engine's URN, or kind and name. */
  readonly id: string;
  readonly action: "create" | "update" | "replace" | "delete";
  /** `Deployment`; for other providers the last part of the type. */
  readonly kind: string;
  /** Its name in the cluster, or in the program if Pulumi names it. */
  readonly name: string;
  /** The object as it was written before and after, without what must not be shown. */
  readonly before?: Fields;
  readonly after?: Fields;
  /** What is updated, or what forces the replacement. */
  readonly fields: readonly FieldChange[];
  /** For a replacement: the old object is deleted before the new one is created, because both have the same name. */
  readonly deletedFirst: boolean;
  /** For a deletion or replacement: the engine rejects it. */
  readonly protected: boolean;
  /** For a deletion: the object stays in the cluster and leaves only the state of the stack. */
  readonly retained: boolean;
  /** Whether the same change is pending without the pull request. */
  readonly pending: boolean;
}

/** Its kind and name, as messages name an object. */
export function describeChange({ kind, name }: Pick<ObjectChange, "kind" | "name">): string {
  return `${kind} ${name}`;
}
