import type { LiveObject } from "../../cluster/kubectl.ts";
import { type Difference, differences, isAmong, secretPaths } from "./compare.ts";
import { isController, setByPeople, type Writer, writerOf } from "./field-owners.ts";
import { type FieldPath, parsePath, pathText, valueAt } from "./path.ts";
import type { StackObject } from "./refresh.ts";

/** What `up` would do: put a field back, make the object anew, or leave what it finds. */
export type Remedy = "restore" | "recreate" | "leave";

/** A field that is not as the program says, or that the program does not set. */
export interface FieldDrift {
  /** Such as `spec.template.spec.containers[name=server].image`. */
  readonly path: string;
  /** Undefined where the program does not set it, or where it is secret. */
  readonly program?: unknown;
  /** Undefined where the cluster does not have it, or where it is secret. */
  readonly cluster?: unknown;
  readonly secret?: true;
  /** Undefined where the cluster does not say: it keeps no word on who has removed a field. */
  readonly by?: Writer;
  readonly up: Remedy;
}

/** An object of the stack that is not as the program says. */
export interface ObjectDrift {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** `extended` where everything that the program sets is as it should be, and somebody has set more. */
  readonly state: "deleted" | "changed" | "extended";
  readonly up: Remedy;
  /** What the program says otherwise. */
  readonly fields: readonly FieldDrift[];
  /** What people have set beside it. */
  readonly additions: readonly FieldDrift[];
}

/** What kubectl notes for itself: what it last applied, which on a Secret has the values in it, and when it restarted pods. */
const BOOKKEEPING: FieldPath[] = [
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
  ["spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"],
];

/**
 * What has been done to an object of the stack since it was deployed.
 *
 * @param live the object as the cluster has it, with its `managedFields`; undefined where it is not there
 * @returns undefined where it is as it should be, and nobody has added to it
 */
export function driftOf(object: StackObject, live: LiveObject | undefined): ObjectDrift | undefined {
  const { apiVersion, kind, metadata } = object.program;
  const { name, namespace } = metadata;
  const found = { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name };
  if (live === undefined) return { ...found, state: "deleted", up: "recreate", fields: [], additions: [] };
  const changed = differences(object, live).filter((difference) => !isAddedByController(difference, live));
  const fields = withRemedies(changed, object, live);
  const additions = additionsTo(object, live, changed);
  if (fields.length === 0 && additions.length === 0) return undefined;
  const up =
    (["recreate", "restore"] as const).find((remedy) => fields.some((field) => field.up === remedy)) ?? "leave";
  return { ...found, state: fields.length > 0 ? "changed" : "extended", up, fields, additions };
}

/** Such as the taints that the cluster puts on a node beside the program's. */
function isAddedByController({ path, program, secret }: Difference, live: LiveObject): boolean {
  const writer = writerOf(live, path);
  return program === undefined && secret === undefined && writer !== undefined && isController(writer);
}

/**
 * An update compares what the program sets, so it does not see what was added to a list of the program's. Where it sees
 * anything else it applies the whole object, and then such a list is put back too.
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

function additionsTo(object: StackObject, live: LiveObject, changed: readonly Difference[]): FieldDrift[] {
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
    return [{ path: text, ...value, by, up: "leave" as const }];
  });
}
