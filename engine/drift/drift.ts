import type { LiveObject } from "../../cluster/kubectl.ts";
import { type Difference, differences, isAmong, secretPaths } from "./compare.ts";
import { isController, setByPeople, type Writer, writerOf } from "./field-owners.ts";
import { type FieldPath, parsePath, pathText, valueAt } from "./path.ts";
import type { StackObject } from "./refresh.ts";

/** The action that `up` would take: restore a field, recreate the object, remove an addition, or leave it. */
export type Remedy = "restore" | "recreate" | "remove" | "leave";

/** A field that differs from the program, or that the program does not set. */
export interface FieldDrift {
  /** Such as `spec.template.spec.containers[name=server].image`. */
  readonly path: string;
  /** Undefined if the program does not set it, or if it is secret. */
  readonly program?: unknown;
  /** Undefined if the cluster does not have it, or if it is secret. */
  readonly cluster?: unknown;
  readonly secret?: true;
  /** Undefined if unknown: the cluster does not record who has removed a field. */
  readonly by?: Writer;
  readonly up: Remedy;
}

/** An object of the stack that differs from the program. */
export interface ObjectDrift {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** `extended` if only fields were added that the program does not set. */
  readonly state: "deleted" | "changed" | "extended";
  readonly up: Remedy;
  /** Fields that differ from the program. */
  readonly fields: readonly FieldDrift[];
  /** Fields that people have added. */
  readonly additions: readonly FieldDrift[];
}

/** Annotations of kubectl: the last applied configuration, which includes the values of a Secret, and the time of a restart. */
const BOOKKEEPING: FieldPath[] = [
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
  ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"],
];

/**
 * The changes to an object of the stack since it was deployed.
 *
 * @param live the object in the cluster, with its `managedFields`; undefined if it does not exist
 * @returns undefined if there are none
 */
export function driftOf(object: StackObject, live: LiveObject | undefined): ObjectDrift | undefined {
  const { apiVersion, kind, metadata } = object.program;
  const { name, namespace } = metadata;
  const found = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
  if (live === undefined) return { ...found, state: "deleted", up: "recreate", fields: [], additions: [] };
  const changed = differences(object, live).filter((difference) => !isAddedByController(difference, live));
  const fields = withRemedies(changed, object, live);
  const up =
    (["recreate", "restore"] as const).find((remedy) => fields.some((field) => field.up === remedy)) ?? "leave";
  const additions = additionsTo(object, live, changed).map((addition) => ({
    ...addition,
    up: isRemoved(addition, object, up) ? ("remove" as const) : ("leave" as const),
  }));
  if (fields.length === 0 && additions.length === 0) return undefined;
  return { ...found, state: fields.length > 0 ? "changed" : "extended", up, fields, additions };
}

/**
 * Whether an update of the object removes an addition. The provider takes ownership of the fields that kubectl's commands
 * have set, and removes those that the program does not set. Fields set by other field managers stay. A patch owns only its
 * own fields.
 *
 * @see pulumi-kubernetes `provider/pkg/await/await.go`, `fixCSAFieldManagers`
 */
function isRemoved({ by }: Pick<FieldDrift, "by">, { urn }: StackObject, update: Remedy): boolean {
  if (update === "recreate") return true;
  return update === "restore" && by?.manager.startsWith("kubectl") === true && !/Patch::[^:]*$/.test(urn);
}

/** For example, a taint that the cluster has added to a node. */
function isAddedByController({ path, program, secret }: Difference, live: LiveObject): boolean {
  const writer = writerOf(live, path);
  return program === undefined && secret === undefined && writer !== undefined && isController(writer);
}

/**
 * An update compares the fields that the program sets, so it does not see items that were added to a list. If another field
 * differs it applies the whole object, and then restores such lists too.
 */
function withRemedies(changed: readonly Difference[], object: StackObject, live: LiveObject): FieldDrift[] {
  const replacing = Object.entries(object.changes).filter(([, { kind }]) => kind.endsWith("-replace"));
  const seen = changed.filter(({ program, secret }) => program !== undefined || secret);
  const remedy = replacing.length > 0 ? "recreate" : seen.length > 0 ? "restore" : "leave";
  return changed.map((difference) => {
    const by = difference.cluster === undefined && !difference.secret ? undefined : writerOf(live, difference.path);
    return { ...difference, path: pathText(difference.path), ...(by === undefined ? {} : { by }), up: remedy };
  });
}

function additionsTo(object: StackObject, live: LiveObject, changed: readonly Difference[]): Omit<FieldDrift, "up">[] {
  const { program, ignored } = object;
  const hidden = secretPaths(object);
  const left = [...BOOKKEEPING, ...ignored.map(parsePath), ...changed.map(({ path }) => path)];
  const isSet = (path: FieldPath) => valueAt(program, path) !== undefined;
  const added = setByPeople(live, (path) => !isSet(path)).filter(({ path }) => !isSet(path) && !isAmong(path, left));
  const newest = new Map(
    added
      .toSorted((a, b) => (a.by.time ?? "").localeCompare(b.by.time ?? ""))
      .map((addition) => [pathText(addition.path), addition]),
  );
  return [...newest].flatMap(([text, { path, by }]) => {
    const secret = isAmong(path, hidden);
    const value = secret ? { secret: true as const } : { cluster: valueAt(live, path) };
    return [{ path: text, ...value, by }];
  });
}
