import { API_GATEWAY_CONTAINER } from "../../components/api-gateway/resolve.ts";
import type { AutoscalingArgs } from "../../components/kubernetes/autoscaling-args.ts";
import type { Resources } from "../../components/kubernetes/pod.ts";
import type { PodPatch } from "../../components/kubernetes/pod-patch.ts";
import { surgePods } from "../../components/kubernetes/rollout.ts";
import { LOAD_TEST_CONTAINER } from "../../components/load-test/resolve.ts";
import type { NamespaceArgs } from "../../components/platform/resolve.ts";
import { type PodResources, podResources } from "./containers.ts";
import type { StackSettings } from "./settings.ts";

/** Pods of one kind that the stack runs in its namespace. */
export interface Workload extends PodResources {
  /** Path of its settings in the stack file. */
  readonly path: string;
  readonly name: string;
  /** Minimum and maximum number of pods, and the number that a rollout adds to the maximum. */
  readonly pods: { readonly min: number; readonly max: number; readonly surge: number };
}

/** A Deployment, whose number of pods an autoscaler may change. */
export interface DeploymentWorkload extends Workload {
  /** Whether its pods mount the models volume. */
  readonly mountsModels: boolean;
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
  readonly init?: Workload;
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
            { ...version, container: version.container.name },
            limitRange,
          ),
        ),
      ),
      ...(apiGateway === undefined
        ? []
        : [deployment("apiGateway", apiGateway.name, { ...apiGateway, container: API_GATEWAY_CONTAINER }, limitRange)]),
    ],
    init:
      storage.init === false
        ? undefined
        : job("storage.init", { ...storage.init, name: storage.init.name ?? "storage-init" }, 1, limitRange),
    trainingJobs: training.jobs.map((settings, index) => ({
      ...job(`training.jobs[${index}]`, settings, settings.workers, limitRange),
      skipAwait: settings.skipAwait,
    })),
    concurrentJobs: [
      ...training.cronJobs.map((settings, index) =>
        job(`training.cronJobs[${index}]`, settings, settings.workers, limitRange),
      ),
      ...training.batchJobs.map((settings, index) => job(`training.batchJobs[${index}]`, settings, 1, limitRange)),
      ...(loadTest === undefined
        ? []
        : [job("loadTest", { ...loadTest, container: LOAD_TEST_CONTAINER }, loadTest.clients, limitRange)]),
    ],
  };
}

type LimitRange = NamespaceArgs["limitRange"];

/** What decides how many pods a Deployment has. */
interface Scaled extends PodSettings {
  readonly modelsPath?: string | false;
  readonly replicas: number;
  readonly autoscaling?: AutoscalingArgs;
  readonly rollout: { readonly maxSurge: number | string };
}

/** What decides what one pod requests. */
interface PodSettings {
  readonly container: string;
  readonly resources: Resources;
  readonly pod?: PodPatch;
}

function deployment(path: string, name: string, settings: Scaled, limitRange: LimitRange): DeploymentWorkload {
  const { replicas, autoscaling, rollout } = settings;
  const { minReplicas: min, maxReplicas: max } = autoscaling ?? { minReplicas: replicas, maxReplicas: replicas };
  const pods = { min, max, surge: surgePods(max, rollout) };
  const mountsModels = typeof settings.modelsPath === "string";
  return { path, name, pods, autoscaling, mountsModels, ...podResources({ ...settings, path }, limitRange) };
}

function job(
  path: string,
  settings: PodSettings & { readonly name: string },
  pods: number | undefined,
  limitRange: LimitRange,
): Workload {
  // A Job without workers has one pod.
  const count = { min: 0, max: pods ?? 1, surge: 0 };
  return { path, name: settings.name, pods: count, ...podResources({ ...settings, path }, limitRange) };
}
