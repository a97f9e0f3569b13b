import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { waitFor } from "../../common/wait.ts";
import type { ObjectName } from "../pulumi/events.ts";
import { findProblems, PROBLEM_KINDS, type Problem } from "../status/problems.ts";
import { isQueued, queuedWorkloads } from "../status/queue.ts";
import { TroubleTimer } from "./trouble-timer.ts";

/** Kinds whose problems keep a Deployment or a Job from becoming ready, and do not resolve themselves. */
const BLOCKING_KINDS = new Set(["Pod", "ReplicaSet", "Job"]);

/** Kinds that the engine waits for, as arguments of kubectl, in addition to those that are examined for problems. */
const OWNER_KINDS = "deployments,daemonsets";

/** Seconds that a pod may be in trouble. */
const TIMEOUT_SECONDS = 60;

/** Milliseconds between two checks. */
const INTERVAL = 3000;

/** The problems of the objects in some namespaces. Read-only. */
export async function problemsIn(kubectl: Kubectl, namespaces: readonly string[]): Promise<Problem[]> {
  const live = await readNamespaces(kubectl, namespaces);
  return findProblems(live, [...live, ...(await queuedWorkloads(kubectl, live))]);
}

async function readNamespaces(kubectl: Kubectl, namespaces: readonly string[]): Promise<LiveObject[]> {
  const kinds = `${OWNER_KINDS},${PROBLEM_KINDS}`;
  const lists = await Promise.all(namespaces.map((namespace) => kubectl.get([kinds, `--namespace=${namespace}`])));
  return lists.flat();
}

/**
 * Every few seconds, checks the pods of the objects that the engine waits for: the engine itself would wait ten minutes for
 * a container that cannot start.
 *
 * @param awaited the objects that the engine waits for at the moment
 * @param giveUp called once if one of their pods stays in trouble; pods that were in trouble at the beginning do not count
 */
export function watchForTrouble(
  kubectl: Kubectl,
  namespaces: readonly string[],
  awaited: () => readonly ObjectName[],
  giveUp: () => void,
): { stop: () => void } {
  const stopped = new AbortController();
  void watch(kubectl, namespaces, awaited, stopped.signal).then((trouble) => {
    if (trouble) giveUp();
  });
  return { stop: () => stopped.abort() };
}

async function watch(
  kubectl: Kubectl,
  namespaces: readonly string[],
  awaited: () => readonly ObjectName[],
  stopped: AbortSignal,
): Promise<boolean> {
  const timer = new TroubleTimer(TIMEOUT_SECONDS);
  let before: ReadonlySet<string> | undefined;
  const look = async () => {
    // If the cluster does not respond, the engine reports it.
    const live = await readNamespaces(kubectl, namespaces).catch(() => []);
    const troubled = troublesOf(awaited(), live);
    before ??= troubled;
    const since = new Set([...troubled].filter((key) => before?.has(key) !== true));
    return timer.isTimedOut(since, performance.now() / 1000) ? true : undefined;
  };
  return (await waitFor(look, { interval: INTERVAL, signal: stopped })) === true && !stopped.aborted;
}

/**
 * The objects in trouble among the given objects and the objects that they own, such as `ml-dev Pod model-v1-7d9f-x2x`.
 * Other objects in the
 * same namespace, such as a Job that waits for a GPU, do not count.
 */
export function troublesOf(awaited: readonly ObjectName[], live: readonly LiveObject[]): Set<string> {
  const keys = new Set(awaited.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`));
  const owners = live.filter((object) => keys.has(ownKey(object)));
  // A Job that a queue holds back is in no trouble: its turn comes.
  const parts = partsOf(owners, live).filter((object) => !isQueued(object));
  const problems = findProblems(parts, live).filter(({ kind }) => BLOCKING_KINDS.has(kind));
  return new Set(problems.map(({ namespace, object }) => `${namespace} ${object}`));
}

/** The given objects with their ReplicaSets and pods. */
function partsOf(owners: readonly LiveObject[], live: readonly LiveObject[]): LiveObject[] {
  const parts = [...owners];
  const known = new Set(owners.map(ownKey));
  // Deployments own ReplicaSets, and those own pods.
  for (let level = 0; level < 2; level += 1) {
    for (const object of live) {
      if (known.has(ownKey(object)) || !ownerKeys(object).some((key) => known.has(key))) continue;
      known.add(ownKey(object));
      parts.push(object);
    }
  }
  return parts;
}

const ownKey = ({ kind, metadata }: LiveObject) => `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;

function ownerKeys({ metadata }: LiveObject): string[] {
  return (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind}/${metadata.namespace ?? ""}/${name}`);
}
