import type { AutoscalingArgs } from "../../components/kubernetes/autoscaling.ts";
import type { Resources } from "../../components/kubernetes/pod.ts";
import { surgePods } from "../../components/kubernetes/rollout.ts";
import type { NamespaceArgs } from "../../components/platform/resolve.ts";
import { type CountedResources, countedResources } from "./counted-resources.ts";
import type { StackSettings } from "./settings.ts";

/** Pods of one kind that the stack runs in its namespace, each with one container. */
export interface Workload {
  /** Path of its settings in the stack file. */
  readonly path: string;
  readonly name: string;
  /** Minimum and maximum number of pods, and the number that a rollout adds to the maximum. */
  readonly pods: { readonly min: number; readonly max: number; readonly surge: number };
  /** Requests and limits of its container, with the defaults of the namespace's limit range. */
  readonly resources: CountedResources;
}

/** A Deployment, whose number of pods an autoscaler may change. */
export interface DeploymentWorkload extends Workload {
  readonly autoscaling?: AutoscalingArgs;
}

/** A Job, whose pods exist until it is done. */
export interface JobWorkload extends Workload {
  /** Whether later workloads start before the Job ends. */
  readonly skipAwait: boolean;
}

/** Everything that runs pods in a stack's namespace. */
export interface Workloads {
  readonly deployments: readonly DeploymentWorkload[];
  /** The Job that initializes the volumes; training waits for it to finish. */
  readonly init: Workload;
  /** Training Jobs. */
  readonly trainingJobs: readonly JobWorkload[];
  /** Jobs that may run at the same time as any other: the scheduled ones, each counted once, and the load test. */
  readonly concurrentJobs: readonly Workload[];
}

/** What runs pods in the stack's namespace. */
export function resolveWorkloads(stack: StackSettings): Workloads {
  const { models, apiGateway, storage, training, loadTest } = stack;
  const { limitRange } = stack.namespace;
  return {
    deployments: [
      ...models.flatMap(({ versions }, index) =>
        versions.map((version, position) =>
          deployment(
            `models[${index}].versions[${position}]`,
            version.name ?? version.resourceName,
            version,
            limitRange,
          ),
        ),
      ),
      ...(apiGateway === undefined ? [] : [deployment("apiGateway", apiGateway.name, apiGateway, limitRange)]),
    ],
    init: job("storage.init", { ...storage.init, name: storage.init.name ?? "storage-init" }, 1, limitRange),
    trainingJobs: training.jobs.map((settings, index) => ({
      ...job(`training.jobs[${index}]`, settings, settings.workers, limitRange),
      skipAwait: settings.skipAwait,
    })),
    concurrentJobs: [
      ...training.cronJobs.map((settings, index) =>
        job(`training.cronJobs[${index}]`, settings, settings.workers, limitRange),
      ),
      ...training.batchJobs.map((settings, index) => job(`training.batchJobs[${index}]`, settings, 1, limitRange)),
      ...(loadTest === undefined ? [] : [job("loadTest", loadTest, loadTest.clients, limitRange)]),
    ],
  };
}

type LimitRange = NamespaceArgs["limitRange"];

/** What decides how many pods a Deployment has. */
interface Scaled {
  readonly replicas: number;
  readonly autoscaling?: AutoscalingArgs;
  readonly rollout: { readonly maxSurge: number | string };
  readonly resources: Resources;
}

function deployment(
  path: string,
  name: string,
  { replicas, autoscaling, rollout, resources }: Scaled,
  limitRange: LimitRange,
): DeploymentWorkload {
  const { minReplicas: min, maxReplicas: max } = autoscaling ?? { minReplicas: replicas, maxReplicas: replicas };
  const pods = { min, max, surge: surgePods(max, rollout) };
  return { path, name, pods, autoscaling, resources: countedResources(resources, limitRange) };
}

function job(
  path: string,
  { name, resources }: { readonly name: string; readonly resources: Resources },
  pods: number | undefined,
  limitRange: LimitRange,
): Workload {
  // A Job without workers has one pod.
  return { path, name, pods: { min: 0, max: pods ?? 1, surge: 0 }, resources: countedResources(resources, limitRange) };
}
