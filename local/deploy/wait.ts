import { setTimeout as sleep } from "node:timers/promises";
import { objectKey, type RenderedObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import type { Kubectl, LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";
import { Patience } from "./patience.ts";
import { findProblems, PROBLEM_KINDS, type Problem } from "./problems.ts";
import { AWAITED_KINDS, hasFailed, isAwaited, isReady, ownTimeout } from "./readiness.ts";

export interface WaitOptions {
  /** Seconds until the wait is given up; an object's own timeout goes before it. @default 600 */
  readonly timeoutSeconds?: number;
  /** Seconds that a pod may be in trouble before the wait is given up. @default 60 */
  readonly patienceSeconds?: number;
  readonly report: (line: string) => void;
}

/** Troubles that keep a Deployment or a Job from getting ready, and do not pass by themselves. */
const BLOCKING_KINDS = new Set(["Pod", "ReplicaSet", "Job"]);

/**
 * Waits until the given Deployments and DaemonSets serve their present revision and the given Jobs have ended well.
 *
 * @throws UserError where a Job fails, a pod stays in trouble or the time is up, naming what is wrong with which object
 */
export async function waitReady(
  kubectl: Kubectl,
  made: readonly RenderedObject[],
  { timeoutSeconds = 600, patienceSeconds = 60, report }: WaitOptions,
): Promise<void> {
  const awaited = made.map(({ object }) => object).filter(isAwaited);
  if (awaited.length === 0) return;
  const keys = new Set(awaited.map(objectKey));
  const namespaces = [...new Set(awaited.map(({ metadata }) => metadata.namespace ?? "default"))];
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  const patience = new Patience(patienceSeconds);
  let told = "";
  for (;;) {
    const live = await readNamespaces(kubectl, namespaces);
    const pending = live.filter((object) => keys.has(objectKey(object)) && !isReady(object));
    if (pending.length === 0) return;

    const problems = findProblems(partsOf(pending, live), live).filter(({ kind }) => BLOCKING_KINDS.has(kind));
    const troubled = new Set(problems.map(({ namespace, object }) => `${namespace} ${object}`));
    const stuck = patience.isOver(troubled, seconds());
    const failed = pending.some(hasFailed);
    const late = pending.some((object) => seconds() > (ownTimeout(object) ?? timeoutSeconds));
    if (failed || stuck || late) throw notReady(pending, problems);

    const line = `waiting for ${pending.map(progress).join(", ")}`;
    if (line !== told) report(line);
    told = line;
    await sleep(1000);
  }
}

async function readNamespaces(kubectl: Kubectl, namespaces: readonly string[]): Promise<readonly LiveObject[]> {
  const kinds = [...new Set(`${AWAITED_KINDS},${PROBLEM_KINDS}`.split(","))].join(",");
  const lists = await Promise.all(namespaces.map((namespace) => kubectl.get([kinds, `--namespace=${namespace}`])));
  return lists.flat();
}

/**
 * The given objects and what belongs to them: their ReplicaSets and their pods. Others in the same namespace may be in
 * trouble of their own, such as a Job that waits for a GPU.
 */
export function partsOf(owners: readonly LiveObject[], live: readonly LiveObject[]): LiveObject[] {
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

function progress(object: LiveObject): string {
  const { kind, metadata } = object;
  if (kind === "Job") return `Job ${metadata.name}`;
  const [ready, wanted] =
    kind === "DaemonSet"
      ? ["status.numberAvailable", "status.desiredNumberScheduled"]
      : ["status.availableReplicas", "spec.replicas"];
  return `${kind} ${metadata.name} (${Number(valueAt(object, ready) ?? 0)} of ${Number(valueAt(object, wanted) ?? 1)} ready)`;
}

function notReady(pending: readonly LiveObject[], problems: readonly Problem[]): UserError {
  const what = `not ready: ${pending.map(progress).join(", ")}`;
  if (problems.length === 0) return new UserError(what, "see `npm run status`");
  return new UserError(
    what,
    problems.map(({ object, what: fault, remedy }) => `${object}: ${fault}; ${remedy}`).join("\n"),
  );
}
