import { describeObject, type KubernetesObject, objectKey, type RenderedObject } from "../../render/rendered.ts";
import { items, type Kubectl, KubectlError, type LiveObject } from "../kubectl.ts";
import { changedPaths, identity, withoutPaths } from "./fields.ts";
import { type Inventory, leftObjects } from "./inventory.ts";
import { describeNodes, isNodePatch, type NodePlan, nodeSettings, planNodes } from "./nodes.ts";
import { hasFailed } from "./readiness.ts";
import { APPLY } from "./server-side.ts";

/** What an apply will change. */
export interface Plan {
  /** Objects that are not there yet. */
  readonly create: readonly RenderedObject[];
  /** Objects that are there and differ, with the paths at which they do. */
  readonly update: readonly { readonly rendered: RenderedObject; readonly paths: readonly string[] }[];
  /** Jobs that differ in what can never be changed, or have failed: deleted, and made again. */
  readonly replace: readonly RenderedObject[];
  /** Objects that have left the program. */
  readonly remove: readonly LiveObject[];
  readonly nodes: NodePlan;
}

/** How many objects a plan changes. */
export function changeCount({ create, update, replace, remove, nodes }: Plan): number {
  return create.length + update.length + replace.length + remove.length + nodes.add.length + nodes.remove.length;
}

/** A plan as people read it, one line for each change. */
export function describePlan({ create, update, replace, remove, nodes }: Plan): string[] {
  return [
    ...create.map(({ object }) => `+ ${describeObject(object)}`),
    ...update.map(({ rendered, paths }) => `~ ${describeObject(rendered.object)} (${paths.join(", ")})`),
    ...replace.map(({ object }) => `± ${describeObject(object)}`),
    ...remove.map((object) => `- ${describeObject(object)}`),
    ...describeNodes(nodes),
  ];
}

/** An object as it is applied over a live one: without what the program set once and leaves alone since. */
export function reapplied({ object, ignoreChanges }: RenderedObject): KubernetesObject {
  return withoutPaths(object, ignoreChanges);
}

/** What a rendered stack consists of. */
export function inventoryOf(rendered: readonly RenderedObject[]): Inventory {
  const objects = rendered.map(({ object }) => object);
  return {
    objects: objects.filter((object) => !isNodePatch(object)).map(identity),
    nodes: objects.filter(isNodePatch).flatMap(nodeSettings),
  };
}

/**
 * Compares a rendered stack with the cluster. Changes nothing.
 *
 * @param before what the last deployment of the stack consisted of
 * @throws UserError where it patches a node that is not there
 */
export async function planApply(
  kubectl: Kubectl,
  before: Inventory,
  rendered: readonly RenderedObject[],
): Promise<Plan> {
  const wanted = inventoryOf(rendered);
  const nodes = await planNodes(kubectl, wanted.nodes, before.nodes);
  const own = rendered.filter(({ object }) => !isNodePatch(object));
  const live = index(await kubectl.getLive(own.map(({ object }) => identity(object))));
  const create = own.filter(({ object }) => !live.has(objectKey(object)));
  const present = own.filter(({ object }) => live.has(objectKey(object)));

  // A Job that has failed never runs again by itself. Those that run once by intent are left as they ended.
  const failed = present.filter(
    ({ object, ignoreChanges }) => ignoreChanges.length === 0 && hasFailed(live.get(objectKey(object))),
  );
  const { results, replace } = await dryRun(
    kubectl,
    present.filter((item) => !failed.includes(item)),
  );

  const update = present.flatMap((item) => {
    const before = live.get(objectKey(item.object));
    const after = results.get(objectKey(item.object));
    if (before === undefined || after === undefined) return [];
    const paths = changedPaths(before, after);
    return paths.length === 0 ? [] : [{ rendered: item, paths }];
  });
  return {
    create,
    update,
    replace: [...failed, ...replace],
    remove: await leftObjects(kubectl, before, wanted.objects),
    nodes,
  };
}

/** What the objects would become, as the API server says. */
async function dryRun(
  kubectl: Kubectl,
  present: readonly RenderedObject[],
): Promise<{ results: ReadonlyMap<string, LiveObject>; replace: readonly RenderedObject[] }> {
  const attempt = async (some: readonly RenderedObject[]) =>
    some.length === 0
      ? []
      : items(await kubectl.onObjects([...APPLY, "--dry-run=server", "--output=json"], some.map(reapplied)));
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

function isImmutable(error: unknown): boolean {
  return error instanceof KubectlError && error.message.includes("field is immutable");
}

function index(objects: readonly LiveObject[]): ReadonlyMap<string, LiveObject> {
  return new Map(objects.map((object) => [objectKey(object), object]));
}
