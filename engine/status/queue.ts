import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { condition, valueAt } from "./fields.ts";

/** Label by which Kueue admits a Job. */
const QUEUE_LABEL = "kueue.x-k8s.io/queue-name";
const WORKLOADS = "workloads.kueue.x-k8s.io";

const queueOf = ({ metadata }: LiveObject) => metadata.labels?.[QUEUE_LABEL];

/** Whether an object is a Job that a queue holds back. */
export function isQueued(job: LiveObject): boolean {
  return job.kind === "Job" && queueOf(job) !== undefined && valueAt(job, "spec.suspend") === true;
}

/** Kueue's records of the Jobs that wait in a queue; empty if none waits, or the cluster has no Kueue. Read-only. */
export async function queuedWorkloads(kubectl: Kubectl, live: readonly LiveObject[]): Promise<readonly LiveObject[]> {
  const namespaces = new Set(live.filter(isQueued).map(({ metadata }) => metadata.namespace ?? ""));
  const lists = [...namespaces].map((namespace) => kubectl.getKnown(WORKLOADS, [`--namespace=${namespace}`]));
  return (await Promise.all(lists)).flat();
}

/** Why a Job waits in a queue of Kueue; undefined if it does not. */
export function queueProblem(
  job: LiveObject,
  context: readonly LiveObject[],
): { readonly what: string; readonly remedy: string } | undefined {
  const queue = queueOf(job);
  if (queue === undefined || !isQueued(job)) return undefined;
  const workload = context.find(
    ({ kind, metadata }) =>
      kind === "Workload" &&
      metadata.namespace === job.metadata.namespace &&
      (metadata.ownerReferences ?? []).some((owner) => owner.kind === "Job" && owner.name === job.metadata.name),
  );
  const reserved = condition(workload, "QuotaReserved");
  const why = reserved?.status === "True" ? pendingChecks(workload) : reserved?.message;
  // It is about to start.
  if (reserved?.status === "True" && why === undefined) return undefined;
  const what = `waits in queue ${queue}: ${why ?? "Kueue has not looked at it yet"}`;
  return { what, remedy: remedyOf(why ?? "", queue, job) };
}

interface AdmissionCheck {
  readonly name: string;
  readonly state: string;
  readonly message?: string;
}

/** What a Job waits for that has its quota already; undefined if nothing. */
function pendingChecks(workload: LiveObject | undefined): string | undefined {
  const checks = (valueAt(workload, "status.admissionChecks") ?? []) as readonly AdmissionCheck[];
  const pending = checks.filter(({ state }) => state !== "Ready");
  if (pending.length === 0) return undefined;
  const states = pending.map(({ name, state, message = "" }) => `${name} (${state}${message && `: ${message}`})`);
  return `it has its quota, but not yet the admission checks ${states.join(", ")}`;
}

function remedyOf(why: string, queue: string, { metadata: { namespace = "default" } }: LiveObject): string {
  if (/(LocalQueue|ClusterQueue) \S+ (doesn't exist|not found)/.test(why)) {
    return `create the LocalQueue ${queue} and its ClusterQueue, or correct queue in the stack file and raise run`;
  }
  if (/is (inactive|stopped)$|admission checks/.test(why)) {
    return `see what it lacks: kubectl describe localqueue ${queue} --namespace ${namespace}, and its ClusterQueue`;
  }
  if (/maximum capacity|unavailable in ClusterQueue|doesn't match|untolerated taint|flavor \S+ not found/.test(why)) {
    return "it does not fit however long it waits: lower its requests and raise run, or change the queue's ClusterQueue";
  }
  return "wait for the Jobs before it, raise the quota of the queue's ClusterQueue, or lower its requests and raise run";
}
