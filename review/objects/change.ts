/** The fields of an object, as parsed JSON or YAML. */
export type Fields = Readonly<Record<string, unknown>>;

/** One field of an object that changes. */
export interface FieldChange {
  /** Such as `spec.rules[1].backendRefs[0].weight`. */
  readonly path: string;
  /** Undefined if the field does not exist or is confidential. */
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
  /** The object before and after the change, without confidential values. */
  readonly before?: Fields;
  readonly after?: Fields;
  /** The fields that are updated, or that force the replacement. */
  readonly fields: readonly FieldChange[];
  /** For a replacement: the old object is deleted before the new one is created, because both have the same name. */
  readonly deletedFirst: boolean;
  /** For a deletion or replacement: the engine rejects it. */
  readonly protected: boolean;
  /** For a deletion: the object stays in the cluster and is only removed from the stack's state. */
  readonly retained: boolean;
  /** Whether the same change is pending without the pull request. */
  readonly pending: boolean;
}

/** Kind and name of an object, for messages. */
export function describeChange({ kind, name }: Pick<ObjectChange, "kind" | "name">): string {
  return `${kind} ${name}`;
}
