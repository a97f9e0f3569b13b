import { describeObject, objectKey, type RenderedObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import type { Kubectl } from "../kubectl.ts";
import { identity, onlyPaths, owns } from "./fields.ts";
import { type Inventory, type InventoryPlace, inventoryData, union, writeInventory } from "./inventory.ts";
import { applyNodes, isNodePatch } from "./nodes.ts";
import { changeCount, inventoryOf, type Plan, reapplied } from "./plan.ts";
import { removalWaves } from "./removal.ts";
import { APPLY, FIELD_MANAGER } from "./server-side.ts";

/** Owner of what the program sets once and then leaves to others, such as the replicas under an autoscaler. */
const INITIAL_MANAGER = "ml-platform-initial";

/** Kinds whose deletion loses data. */
const DATA_KINDS = new Set(["PersistentVolumeClaim", "Namespace"]);

/**
 * Carries out a plan in the order of the program's dependencies: what others depend on is up before they are made, and
 * what has left the program goes last. Interrupted anywhere, the next plan and apply finish the work.
 *
 * @param before what the last deployment consisted of, as it was planned with
 * @param waitReady resolves when the objects given to it are up; where it throws, nothing that depends on them is touched
 * @throws UserError where the plan would delete data
 */
export async function applyPlan(
  kubectl: Kubectl,
  place: InventoryPlace,
  before: Inventory,
  rendered: readonly RenderedObject[],
  plan: Plan,
  waitReady: (made: readonly RenderedObject[]) => Promise<void>,
): Promise<void> {
  refuseToLoseData(plan);
  const after = inventoryOf(rendered);
  if (changeCount(plan) === 0 && sameInventory(before, after)) return;
  const made = new Set([...plan.create, ...plan.replace]);
  const changed = new Set([...made, ...plan.update.map((update) => update.rendered)]);
  const apply = async (due: readonly RenderedObject[]) => {
    await kubectl.onObjects(
      APPLY,
      due.map((item) => (made.has(item) ? item.object : reapplied(item))),
    );
    await handOver(kubectl, due);
  };

  const home = plan.create.find(
    ({ object }) => object.kind === "Namespace" && object.metadata.name === place.namespace,
  );
  if (home !== undefined) await apply([home]);
  // Before anything is made, so that it is known as the stack's, and pruned, even if this run gets no further.
  await writeInventory(kubectl, place, union(before, after));
  await applyNodes(kubectl, plan.nodes);
  if (plan.replace.length > 0) {
    const old = plan.replace.map(({ object }) => object);
    await kubectl.onObjects(["delete", "--wait"], old);
  }
  for (const wave of waves(rendered.filter(({ object }) => !isNodePatch(object)))) {
    const due = wave.filter((item) => changed.has(item));
    if (due.length === 0) continue;
    await apply(due);
    await waitReady(due);
  }
  for (const wave of removalWaves(plan.remove)) {
    await kubectl.onObjects(["delete", "--ignore-not-found", "--wait=false"], wave.map(identity));
  }
  await writeInventory(kubectl, place, after);
}

function sameInventory(a: Inventory, b: Inventory): boolean {
  return JSON.stringify(inventoryData(a)) === JSON.stringify(inventoryData(b));
}

/** The objects in waves: each depends only on objects of earlier waves. */
export function waves(rendered: readonly RenderedObject[]): RenderedObject[][] {
  const result: RenderedObject[][] = [];
  const known = new Set(rendered.map(({ object }) => objectKey(object)));
  const done = new Set<string>();
  let rest = [...rendered];
  while (rest.length > 0) {
    const wave = rest.filter(({ dependsOn }) => dependsOn.every((key) => done.has(key) || !known.has(key)));
    if (wave.length === 0)
      throw new Error(`${rest.map(({ object }) => describeObject(object)).join(", ")} depend on each other`);
    result.push(wave);
    for (const { object } of wave) done.add(objectKey(object));
    rest = rest.filter((item) => !wave.includes(item));
  }
  return result;
}

/**
 * Gives up the fields that the program only sets once, so that leaving them out from then on does not remove them:
 * another manager applies their present values, and thereby owns them as well. Changes no value.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
 */
export async function handOver(kubectl: Kubectl, rendered: readonly RenderedObject[]): Promise<void> {
  const kept = rendered.filter(({ ignoreChanges }) => ignoreChanges.length > 0);
  const live = await kubectl.getLive(kept.map(({ object }) => object));
  const handed = kept.flatMap(({ object, ignoreChanges }) => {
    const state = live.find((candidate) => objectKey(candidate) === objectKey(object));
    // All of them even where it owns but one: what an apply leaves out, it gives up.
    return state !== undefined && ignoreChanges.some((path) => owns(state, FIELD_MANAGER, path))
      ? [onlyPaths(state, ignoreChanges)]
      : [];
  });
  if (handed.length > 0) {
    // The objects are incomplete by intent; what is in them has passed validation before.
    const flags = ["--server-side", "--validate=ignore", `--field-manager=${INITIAL_MANAGER}`];
    await kubectl.onObjects(["apply", ...flags], handed);
  }
}

function refuseToLoseData({ remove }: Plan): void {
  const lost = remove.filter(({ kind }) => DATA_KINDS.has(kind));
  if (lost.length === 0) return;
  const names = lost.map((object) => `${describeObject(object)} in namespace ${object.metadata.namespace ?? "-"}`);
  throw new UserError(
    `${names.join(", ")} left the program, and would be deleted with the data in it`,
    "put it back into the stack file, or delete it with kubectl first",
  );
}
