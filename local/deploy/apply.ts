import { describeObject, type KubernetesObject, type RenderedObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import { onlyPaths, owns } from "./fields.ts";
import type { Kubectl } from "./kubectl.ts";
import { APPLY, type ApplySet, changeCount, FIELD_MANAGER, inSet, type Plan, reapplied } from "./plan.ts";

/** Owner of what the program sets once and then leaves to others, such as the replicas under an autoscaler. */
const INITIAL_MANAGER = "ml-platform-initial";

/** Kinds that send traffic: changed last, when everything they send it to is ready. */
const ROUTING_KINDS = new Set(["HTTPRoute", "Ingress"]);

/** Kinds whose deletion loses data. */
const DATA_KINDS = new Set(["PersistentVolumeClaim", "Namespace"]);

/**
 * Carries out a plan: everything but routes, then the wait, then the routes and what has left the program.
 * Interrupted anywhere, the next plan and apply finish the work.
 *
 * @param waitReady resolves when the objects are up; where it throws, no route has been touched
 * @throws UserError where the plan would delete data
 */
export async function applyPlan(
  kubectl: Kubectl,
  set: ApplySet,
  rendered: readonly RenderedObject[],
  plan: Plan,
  waitReady: () => Promise<void>,
): Promise<void> {
  refuseToLoseData(plan);
  if (changeCount(plan) === 0) return;

  const namespaces = plan.create.filter(({ object }) => object.kind === "Namespace").map(({ object }) => object);
  if (namespaces.length > 0) await kubectl.onObjects(APPLY, namespaces);
  if (plan.replace.length > 0) {
    await kubectl.onObjects(
      ["delete", "--wait"],
      plan.replace.map(({ object }) => object),
    );
  }

  const made = [...plan.create, ...plan.replace];
  const staged: KubernetesObject[] = [
    ...made.map(({ object }) => object),
    ...plan.update.map(({ rendered: item }) => reapplied(item)),
  ]
    .filter(({ kind }) => !ROUTING_KINDS.has(kind))
    // So that they are known as the stack's, and pruned, even if this run gets no further.
    .map((object) => inSet(set, object));
  if (staged.length > 0) await kubectl.onObjects(APPLY, staged);

  await handOver(kubectl, rendered);
  await waitReady();
  await kubectl.onObjects(
    [...APPLY, `--namespace=${set.namespace}`, `--applyset=configmaps/${set.name}`, "--prune"],
    rendered.map(reapplied),
  );
}

/**
 * Gives up the fields that the program only sets once, so that leaving them out from then on does not remove them:
 * another manager applies their present values, and thereby owns them as well. Changes no value.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
 */
export async function handOver(kubectl: Kubectl, rendered: readonly RenderedObject[]): Promise<void> {
  const kept = rendered.filter(
    ({ ignoreChanges, object }) => ignoreChanges.length > 0 && !ROUTING_KINDS.has(object.kind),
  );
  const live = await kubectl.getLive(kept.map(({ object }) => object));
  const handed = kept.flatMap(({ object, ignoreChanges }) => {
    const state = live.find(({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name);
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
