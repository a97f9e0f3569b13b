import { z } from "zod";

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), deletionTimestamp: z.string().optional() }),
      status: z.object({
        phase: z.string().optional(),
        conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
        containerStatuses: z
          .array(z.object({ state: z.object({ running: z.object({ startedAt: z.string() }).optional() }).optional() }))
          .default([]),
      }),
    }),
  ),
});

type Pod = z.infer<typeof podList>["items"][number];

const isReady = (pod: Pod) => pod.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");

/** Whether the pod is being deleted: no Service sends it requests, and it may run for its whole grace period. */
const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined;

/** Whether a container of the pod is reported as running since before `since`: the kubelet has not updated it since the restart. */
function isStale(pod: Pod, since: string): boolean {
  const from = Math.floor(Date.parse(since) / 1000) * 1000;
  return pod.status.containerStatuses.some(({ state }) => state?.running && Date.parse(state.running.startedAt) < from);
}

/**
 * Names (`namespace/name`) of pods whose Ready status is older than `since` (ISO time, the node's start). After a restart the
 * API server returns the status from before until the kubelet has reported.
 */
export function staleReadyPods(pods: unknown, since: string): string[] {
  return podList
    .parse(pods)
    .items.filter((pod) => !isLeaving(pod) && isReady(pod) && isStale(pod, since))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** Whether a pod of the Deployment `name` (`namespace/name`) is Ready since the node's start at `since`. */
export function availableSince(pods: unknown, name: string, since: string): boolean {
  return podList
    .parse(pods)
    .items.some(
      (pod) =>
        `${pod.metadata.namespace}/${pod.metadata.name}`.startsWith(`${name}-`) &&
        !isLeaving(pod) &&
        isReady(pod) &&
        !isStale(pod, since),
    );
}
