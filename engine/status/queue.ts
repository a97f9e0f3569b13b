import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { condition, valueAt } from "./fields.ts";

/** Label by which Kueue admits a Job. */
const QUEUE_LABEL = "kueue.x-k8s.io/queue-name";
const WORKLOADS = "workloads.kueue.x-k8s.io";

const queueOf = ({ metadata }: LiveObject) => metadata.labels?.[QUEUE_LABEL];

function waits(job: LiveObject): boolean {
  return job.kind === "Job" && queueOf(job) !== undefined && valueAt(job, "spec.suspend") === true;
}

/** Kueue's records of the Jobs that wait in a queue; empty if none waits, or the cluster has no Kueue. Read-only. */
export async function queuedWorkloads(kubectl: Kubectl, live: readonly LiveObject[]): Promise<readonly LiveObject[]> {
  const namespaces = new Set(live.filter(waits).map(({ metadata }) => metadata.namespace ?? ""));
  const lists = [...namespaces].map((namespace) => kubectl.getKnown(WORKLOADS, [`--namespace=${namespace}`]));
  return (await Promise.all(lists)).flat();
}

/** Why a Job waits in a queue of Kueue; undefined if it does not. */
export function queueProblem(
  job: LiveObject,
  context: readonly LiveObject[],
): { readonly what: string; readonly remedy: string } | undefined {
  const queue = queueOf(job);
  if (queue === undefined || !waits(job)) return undefined;
  const workload = context.find(
    ({ kind, metadata }) =>
      kind === "Workload" &&
      metadata.namespace === job.metadata.namespace &&
      (metadata.ownerReferences ?? []).some((owner) => owner.kind === "Job" && owner.name === job.metadata.name),
  );
  const reserved = condition(workload, "QuotaReserved");
  if (reserved?.status === "True") return undefined;
  const why = reserved?.message ?? "Kueue has not looked at it yet";
  const remedy = /doesn't exist|inactive|not found/i.test(why)
    ? `create the LocalQueue ${queue} and its ClusterQueue, or correct queue in the stack file`
    : "wait for the Jobs before it, lower its requests, or raise the quota of the queue's ClusterQueue";
  return { what: `waits in queue ${queue}: ${why}`, remedy };
}
