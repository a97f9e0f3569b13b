import { valueAt } from "../../../engine/status/fields.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import { eventually } from "./wait.ts";

/** Runs a CronJob's Job with `kubectl create job --from`, and returns its log once it has succeeded. */
export async function runByHand(cluster: Cluster, cronJob: string, name: string): Promise<string> {
  await cluster.kubectl.run(["create", "job", name, `--from=cronjob/${cronJob}`, `--namespace=${NAMESPACE}`]);
  return logOfEnded(cluster, name);
}

/** Runs another command in the pod of a CronJob's Job, with its image and volumes, and returns its log. */
export async function runInstead(
  cluster: Cluster,
  cronJob: string,
  name: string,
  command: readonly string[],
): Promise<string> {
  const [live] = await cluster.kubectl.get(["cronjob", cronJob, `--namespace=${NAMESPACE}`]);
  const spec = structuredClone(live && valueAt(live, "spec.jobTemplate.spec")) as KubernetesObject;
  const [container] = valueAt(spec, "template.spec.containers") as Record<string, unknown>[];
  if (container === undefined) throw new Error(`CronJob ${cronJob} has no container`);
  Object.assign(container, { command: [...command], args: [] });
  const metadata = { name, namespace: NAMESPACE };
  await cluster.kubectl.onObjects(["create"], [{ apiVersion: "batch/v1", kind: "Job", metadata, spec }]);
  return logOfEnded(cluster, name);
}

async function logOfEnded(cluster: Cluster, name: string): Promise<string> {
  const state = await eventually(`end of Job ${name}`, async () => {
    const [job] = await cluster.kubectl.get(["job", name, `--namespace=${NAMESPACE}`]);
    const conditions = (job && valueAt(job, "status.conditions")) as { type: string; status: string }[] | undefined;
    return conditions?.find(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
  });
  const log = await cluster.kubectl.run(["logs", `job/${name}`, `--namespace=${NAMESPACE}`]);
  if (state.type === "Failed") throw new Error(`Job ${name} failed:\n${log}`);
  return log;
}
