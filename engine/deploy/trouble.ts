import { setTimeout as sleep } from "node:timers/promises";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { findProblems, PROBLEM_KINDS, type Problem } from "../status/problems.ts";
import { Patience } from "./trouble-timeout.ts";

/** Kinds whose troubles keep a Deployment or a Job from getting ready, and do not pass by themselves. */
const BLOCKING_KINDS = new Set(["Pod", "ReplicaSet", "Job"]);

/** Kinds that the engine waits for, as kubectl takes them, beside those that problems are found in. */
const OWNER_KINDS = "deployments,daemonsets";

/** Seconds that a pod may be in trouble. */
const PATIENCE_SECONDS = 60;

/** Names an object that the engine waits for. */
export interface ObjectName {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** What keeps the objects of some namespaces from their work. Changes nothing. */
export async function problemsIn(kubectl: Kubectl, namespaces: readonly string[]): Promise<Problem[]> {
  return findProblems(await readNamespaces(kubectl, namespaces));
}

async function readNamespaces(kubectl: Kubectl, namespaces: readonly string[]): Promise<LiveObject[]> {
  const kinds = `${OWNER_KINDS},${PROBLEM_KINDS}`;
  const lists = await Promise.all(namespaces.map((namespace) => kubectl.get([kinds, `--namespace=${namespace}`])));
  return lists.flat();
}

/**
 * Looks every few seconds at the pods of what the engine waits for, which would wait ten minutes for a container that
 * cannot start.
 *
 * @param awaited what the engine waits for at the moment
 * @param giveUp called once where a pod of it stays in trouble that it was not in at the beginning
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
  const patience = new Patience(PATIENCE_SECONDS);
  let before: ReadonlySet<string> | undefined;
  while (!stopped.aborted) {
    // A cluster that does not answer for a while is the engine's to report.
    const live = await readNamespaces(kubectl, namespaces).catch(() => []);
    const troubled = troublesOf(awaited(), live);
    before ??= troubled;
    const since = new Set([...troubled].filter((key) => before?.has(key) !== true));
    if (patience.isOver(since, performance.now() / 1000)) return !stopped.aborted;
    await sleep(3000, undefined, { signal: stopped }).catch(() => undefined);
  }
  return false;
}

/**
 * The parts of some objects that are in trouble, such as `ml-dev Pod model-v1-7d9f-x2x`. Others in the same namespace may
 * be in trouble of their own, such as a Job that waits for a GPU.
 */
export function troublesOf(awaited: readonly ObjectName[], live: readonly LiveObject[]): Set<string> {
  const keys = new Set(awaited.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`));
  const owners = live.filter((object) => keys.has(ownKey(object)));
  const problems = findProblems(partsOf(owners, live), live).filter(({ kind }) => BLOCKING_KINDS.has(kind));
  return new Set(problems.map(({ namespace, object }) => `${namespace} ${object}`));
}

/** The given objects and what belongs to them: their ReplicaSets and their pods. */
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
