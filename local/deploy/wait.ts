import { setTimeout as sleep } from "node:timers/promises";
import type { RenderedObject } from "../../render/rendered.ts";
import { UserError } from "../errors.ts";
import { valueAt } from "./fields.ts";
import type { Kubectl, LiveObject } from "./kubectl.ts";
import { findProblems, PROBLEM_KINDS } from "./problems.ts";

export interface WaitOptions {
  readonly namespace: string;
  /** Jobs that have to end, by name; Deployments are always waited for. */
  readonly jobs: readonly string[];
  /** Seconds until the wait is given up. @default 600 */
  readonly timeoutSeconds?: number;
  readonly report: (line: string) => void;
}

/**
 * Waits until every Deployment of a stack serves its present revision and the given Jobs have ended well.
 *
 * @throws UserError where a Job fails or the time is up, naming what is wrong with which object
 */
export async function waitReady(
  kubectl: Kubectl,
  rendered: readonly RenderedObject[],
  { namespace, jobs, timeoutSeconds = 600, report }: WaitOptions,
): Promise<void> {
  const deployments = new Set(
    rendered.filter(({ object }) => object.kind === "Deployment").map(({ object }) => object.metadata.name),
  );
  const deadline = Date.now() + timeoutSeconds * 1000;
  let told = "";
  for (;;) {
    const live = await kubectl.get(["deployments,jobs", `--namespace=${namespace}`]);
    const pending = live
      .filter(({ kind, metadata: { name } }) => (kind === "Deployment" ? deployments.has(name) : jobs.includes(name)))
      .filter((object) => !isReady(object));
    if (pending.length === 0) return;

    const failed = pending.filter(({ kind }) => kind === "Job").flatMap((job) => findProblems([job]));
    if (failed.length > 0 || Date.now() > deadline) {
      const problems = findProblems(await kubectl.get([PROBLEM_KINDS, `--namespace=${namespace}`]));
      throw notReady(pending, problems);
    }
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
