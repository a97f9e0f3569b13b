import { createHash } from "node:crypto";
import { describeObject, type KubernetesObject, objectKey, type RenderedObject } from "../../render/rendered.ts";
import { items, type Kubectl, KubectlError, type LiveObject } from "../kubectl.ts";
import { changedPaths, identity, withoutPaths } from "./fields.ts";

/** Owner of the fields that the program sets. */
export const FIELD_MANAGER = "ml-platform";

const PART_OF_SET = "applyset.kubernetes.io/part-of";
const SET_KINDS = "applyset.kubernetes.io/contains-group-kinds";

/** Where kubectl keeps which objects a stack consists of: a ConfigMap in the stack's namespace. */
export interface ApplySet {
  readonly name: string;
  readonly namespace: string;
}

/** What an apply will change. */
export interface Plan {
  /** Objects that are not there yet. */
  readonly create: readonly RenderedObject[];
  /** Objects that are there and differ, with the paths at which they do. */
  readonly update: readonly { readonly rendered: RenderedObject; readonly paths: readonly string[] }[];
  /** Jobs that differ in what can never be changed: deleted, and made again. */
  readonly replace: readonly RenderedObject[];
  /** Objects that have left the program. */
  readonly remove: readonly LiveObject[];
}

/** How many objects a plan changes. */
export function changeCount({ create, update, replace, remove }: Plan): number {
  return create.length + update.length + replace.length + remove.length;
}

/** A plan as people read it, one line for each change. */
export function describePlan({ create, update, replace, remove }: Plan): string[] {
  return [
    ...create.map(({ object }) => `+ ${describeObject(object)}`),
    ...update.map(({ rendered, paths }) => `~ ${describeObject(rendered.object)} (${paths.join(", ")})`),
    ...replace.map(({ object }) => `± ${describeObject(object)}`),
    ...remove.map((object) => `- ${describeObject(object)}`),
  ];
}

/** An object as it is applied over a live one: without what the program set once and leaves alone since. */
export function reapplied({ object, ignoreChanges }: RenderedObject): KubernetesObject {
  return withoutPaths(object, ignoreChanges);
}

/** Compares a rendered stack with the cluster. Changes nothing. */
export async function planApply(kubectl: Kubectl, set: ApplySet, rendered: readonly RenderedObject[]): Promise<Plan> {
  const live = index(await kubectl.getLive(rendered.map(({ object }) => identity(object))));
  const create = rendered.filter(({ object }) => !live.has(objectKey(object)));
  const present = rendered.filter(({ object }) => live.has(objectKey(object)));

  const { results, replace } = await dryRun(kubectl, present, (item) => inSet(set, reapplied(item)));

  const update = present.flatMap((item) => {
    const before = live.get(objectKey(item.object));
    const after = results.get(objectKey(item.object));
    if (before === undefined || after === undefined) return [];
    const paths = changedPaths(before, after);
    return paths.length === 0 ? [] : [{ rendered: item, paths }];
  });

  const wanted = new Set(rendered.map(({ object }) => objectKey(object)));
  const remove = (await members(kubectl, set)).filter((object) => !wanted.has(objectKey(object)));
  return { create, update, replace, remove };
}

/** The objects that belong to a stack in the cluster. */
async function members(kubectl: Kubectl, set: ApplySet): Promise<readonly LiveObject[]> {
  const [parent] = await kubectl.get(["configmap", set.name, `--namespace=${set.namespace}`]);
  const kinds = parent?.metadata.annotations?.[SET_KINDS] ?? "";
  return kinds === "" ? [] : kubectl.get([kinds, "--all-namespaces", `--selector=${PART_OF_SET}=${setId(set)}`]);
}

/** An object with the label by which kubectl knows the members of a set. */
export function inSet(set: ApplySet, object: KubernetesObject): KubernetesObject {
  const labels = { ...object.metadata.labels, [PART_OF_SET]: setId(set) };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/**
 * The id of a set whose parent is a ConfigMap.
 *
 * @see https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-to-delete-objects
 */
function setId({ name, namespace }: ApplySet): string {
  return `applyset-${createHash("sha256").update(`${name}.${namespace}.ConfigMap.`).digest("base64url")}-v1`;
}

/** What the objects would become, as the API server says. */
async function dryRun(
  kubectl: Kubectl,
  present: readonly RenderedObject[],
  toApply: (item: RenderedObject) => KubernetesObject,
): Promise<{ results: ReadonlyMap<string, LiveObject>; replace: readonly RenderedObject[] }> {
  const attempt = async (some: readonly RenderedObject[]) =>
    some.length === 0
      ? []
      : items(await kubectl.onObjects([...APPLY, "--dry-run=server", "--output=json"], some.map(toApply)));
  try {
    return { results: index(await attempt(present)), replace: [] };
  } catch (error) {
    if (!isImmutable(error)) throw error;
  }
  // One of them cannot be changed: find out which, and whether it may be made anew.
  const results: LiveObject[] = [];
  const replace: RenderedObject[] = [];
  for (const item of present) {
    try {
      results.push(...(await attempt([item])));
    } catch (error) {
      if (item.object.kind !== "Job" || !isImmutable(error)) throw error;
      replace.push(item);
    }
  }
  return { results: index(results), replace };
}

/** kubectl's way of applying objects of this program: whatever another manager wrote to its fields gives way. */
export const APPLY = ["apply", "--server-side", "--force-conflicts", `--field-manager=${FIELD_MANAGER}`];

function isImmutable(error: unknown): boolean {
  return error instanceof KubectlError && error.message.includes("field is immutable");
}

function index(objects: readonly LiveObject[]): ReadonlyMap<string, LiveObject> {
  return new Map(objects.map((object) => [objectKey(object), object]));
}
