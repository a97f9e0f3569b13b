/** The fields of an object, as parsed JSON or YAML. */
export type Fields = Readonly<Record<string, unknown>>;

/** One field of an object that changes. */
export interface FieldChange {
  /** Such as `spec.rules[1].backendRefs[0].weight`. */
  readonly path: string;
  /** Undefined where the field is not there, or must not be shown. */
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
  /** `Deployment`; of what is not Kubernetes' the last part of its type. */
  readonly kind: string;
  /** Its name in the cluster, or in the program where Pulumi names it. */
  readonly name: string;
  /** The object as it was written before and after, without what must not be shown. */
  readonly before?: Fields;
  readonly after?: Fields;
  /** What is updated, or what forces the replacement. */
  readonly fields: readonly FieldChange[];
  /** Of a replacement: the old object goes before the new one comes, since both have the same name. */
  readonly deletedFirst: boolean;
  /** Of a deletion or replacement: the engine refuses it. */
  readonly protected: boolean;
  /** Of a deletion: the object stays in the cluster, and only the stack forgets it. */
  readonly retained: boolean;
  /** Whether the same change waits to be made without the pull request. */
  readonly pending: boolean;
}

/** Its kind and name, as messages name an object. */
export function describeChange({ kind, name }: Pick<ObjectChange, "kind" | "name">): string {
  return `${kind} ${name}`;
}
