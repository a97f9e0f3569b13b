import { setTimeout as sleep } from "node:timers/promises";
import { objectKey, type RenderedObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import type { Kubectl, LiveObject } from "../kubectl.ts";
import { valueAt } from "./fields.ts";
import { findProblems, PROBLEM_KINDS } from "./problems.ts";

export interface WaitOptions {
  readonly namespace: string;
  /** Seconds until the wait is given up. @default 600 */
  readonly timeoutSeconds?: number;
  /** Seconds that a pod may be in trouble before the wait is given up. @default 60 */
  readonly patienceSeconds?: number;
  readonly report: (line: string) => void;
}

/** Troubles that keep a Deployment or a Job from getting ready, and do not pass by themselves. */
const BLOCKING_KINDS = new Set(["Pod", "ReplicaSet", "Job"]);

/**
 * Waits until the given Deployments serve their present revision and the given Jobs have ended well.
 *
 * @throws UserError where a Job fails, a pod stays in trouble or the time is up, naming what is wrong with which object
 */
export async function waitReady(
  kubectl: Kubectl,
  made: readonly RenderedObject[],
  { namespace, timeoutSeconds = 600, patienceSeconds = 60, report }: WaitOptions,
): Promise<void> {
  const awaited = new Set(
    made
      .filter(({ object }) => object.kind === "Deployment" || object.kind === "Job")
      .map(({ object }) => objectKey(object)),
  );
  if (awaited.size === 0) return;
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  const since = new Map<string, number>();
  let told = "";
  for (;;) {
    const live = await kubectl.get([`deployments,${PROBLEM_KINDS}`, `--namespace=${namespace}`]);
    const pending = live.filter((object) => awaited.has(objectKey(object)) && !isReady(object));
    if (pending.length === 0) return;

    const problems = findProblems(live).filter(({ object }) => BLOCKING_KINDS.has(object.split(" ")[0] ?? ""));
    for (const { object } of problems) since.set(object, since.get(object) ?? seconds());
    for (const object of since.keys()) {
      if (!problems.some((problem) => problem.object === object)) since.delete(object);
    }
    const stuck = [...since.values()].some((moment) => seconds() - moment > patienceSeconds);
    const failed = pending.some((object) => object.kind === "Job" && findProblems([object]).length > 0);
    if (failed || stuck || seconds() > timeoutSeconds) throw notReady(pending, problems);

    const line = `waiting for ${pending.map(progress).join(", ")}`;
    if (line !== told) report(line);
    told = line;
    await sleep(1000);
  }
}

/** Whether a Deployment serves its present revision with all its pods, or a Job has ended well. */
export function isReady(object: LiveObject): boolean {
  const status = (path: string) => Number(valueAt(object, `status.${path}`) ?? 0);
  if (object.kind === "Job") return status("succeeded") >= Number(valueAt(object, "spec.completions") ?? 1);
  const wanted = Number(valueAt(object, "spec.replicas") ?? 1);
  return (
    status("observedGeneration") >= (object.metadata.generation ?? 0) &&
    status("updatedReplicas") >= wanted &&
    status("availableReplicas") >= wanted &&
    status("replicas") === status("updatedReplicas")
  );
}

function progress(object: LiveObject): string {
  if (object.kind === "Job") return `Job ${object.metadata.name}`;
  const ready = Number(valueAt(object, "status.availableReplicas") ?? 0);
  return `Deployment ${object.metadata.name} (${ready} of ${String(valueAt(object, "spec.replicas"))} ready)`;
}

function notReady(pending: readonly LiveObject[], problems: ReturnType<typeof findProblems>): UserError {
  const what = `not ready: ${pending.map(progress).join(", ")}`;
  if (problems.length === 0) return new UserError(what, "see `npm run status`");
  return new UserError(
    what,
    problems.map(({ object, what: fault, remedy }) => `${object}: ${fault}; ${remedy}`).join("\n"),
  );
}
