import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";

/** What decides whether the pods of a Job find each other, and how. */
export interface WorkerSettings {
  /** Name of the Job or CronJob in the stack. */
  readonly name?: string;
  /** The project's trainer needs none of this: its workers share a volume. */
  readonly image?: Input<string>;
  readonly workers?: number;
  readonly masterPort: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Label of the pods of a Job whose workers find each other. */
export const WORKERS_LABEL = "ml-platform/workers";

/** Name of the Service that gives the workers their host names; undefined if they need none. */
export function meetingService({ name, image, workers }: Omit<WorkerSettings, "masterPort" | "environment">) {
  return image === undefined || workers === undefined ? undefined : name;
}

export function workerLabels(job: WorkerSettings): Record<string, string> {
  const service = meetingService(job);
  return service === undefined ? {} : { [WORKERS_LABEL]: service };
}

/** Kubernetes gives the pods of an Indexed Job their host names; the subdomain makes them known to each other. */
export function meetingPoint(job: WorkerSettings): { subdomain?: string } {
  const service = meetingService(job);
  return service === undefined ? {} : { subdomain: service };
}

/**
 * Where the workers meet, in the variables of PyTorch's `env://` and in those that torchrun reads; what the Job sets itself comes
 * first.
 *
 * @see https://docs.pytorch.org/docs/stable/elastic/run.html
 */
export function meetingVariables(job: WorkerSettings): k8s.types.input.core.v1.EnvVar[] {
  const service = meetingService(job);
  if (service === undefined) return [];
  const rank = { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } };
  // The names of a CronJob's Jobs differ, so Kubernetes fills in that of this one.
  const address = `$(JOB_NAME)-0.${service}`;
  const variables = [
    { name: "MASTER_ADDR", value: address },
    { name: "MASTER_PORT", value: String(job.masterPort) },
    { name: "RANK", valueFrom: rank },
    { name: "WORLD_SIZE", value: String(job.workers) },
    { name: "PET_MASTER_ADDR", value: address },
    { name: "PET_MASTER_PORT", value: String(job.masterPort) },
    { name: "PET_NODE_RANK", valueFrom: rank },
    { name: "PET_NNODES", value: String(job.workers) },
  ];
  return variables.filter(({ name }) => !Object.hasOwn(job.environment, name));
}

/** The Service without an address of its own, by which the workers find each other before they are ready. */
export function meetingServiceManifest(
  namespace: Input<string>,
  service: string,
  port: number,
): k8s.core.v1.ServiceArgs {
  const labels = { [WORKERS_LABEL]: service };
  return {
    metadata: objectMeta({
      name: service,
      namespace,
      labels,
      // It has no pods while no Job runs.
      annotations: { "pulumi.com/skipAwait": "true" },
    }),
    spec: {
      clusterIP: "None",
      publishNotReadyAddresses: true,
      selector: labels,
      ports: [{ name: "master", port, targetPort: port }],
    },
  };
}
