import {
  DEFAULT_API_GATEWAY_REPLICAS,
  DEFAULT_LOAD_TEST_CLIENTS,
  DEFAULT_REPLICAS,
  defaultApiGatewayResources,
  defaultLoadTestResources,
  defaultRollout,
  defaultServerResources,
  defaultTrainerResources,
} from "../components/defaults.ts";
import type { Resources } from "../components/kubernetes/pod.ts";
import { versionResourceName } from "../components/serving/version-labels.ts";
import { withGpus } from "../components/training/trainer-job.ts";
import { entryName } from "./checks/entries.ts";
import type { StackConfig } from "./schema/stack.ts";

/** Pods of one kind that the stack runs in its namespace, each with one container. */
export interface Workload {
  /** Path of its settings in the stack file. */
  readonly path: string;
  readonly name: string;
  /** Fewest and most pods, and those that a rollout adds to the most. */
  readonly pods: { readonly min: number; readonly max: number; readonly surge: number };
  /** What its container asks for, as the stack file or the default says. */
  readonly resources: Resources;
}

/** A Job, whose pods are there until it is done. */
export interface JobWorkload extends Workload {
  /** Whether what comes after the Job waits for its end. */
  readonly awaited: boolean;
}

/** Everything that runs pods in a stack's namespace. */
export interface Workloads {
  /** Deployments. */
  readonly servers: readonly Workload[];
  /** The Job that lays the volumes out; training waits for its end. */
  readonly init: JobWorkload;
  /** Training Jobs. */
  readonly jobs: readonly JobWorkload[];
  /** Jobs that may run beside any other: those by schedule, counted once, and the load test. */
  readonly others: readonly Workload[];
}

/** What runs pods in the stack's namespace, by the stack's settings. */
export function workloadsOf(config: StackConfig): Workloads {
  const { training, storage } = config;
  return {
    servers: [...config.models.flatMap(versionWorkloads), ...apiGatewayWorkload(config)],
    init: {
      path: "storage.init",
      name: storage.init?.name ?? "storage-init",
      pods: once(1),
      resources: storage.init?.resources ?? defaultTrainerResources,
      awaited: true,
    },
    jobs: (training.jobs ?? []).map((job, index) => ({
      ...trainerWorkload(job, `training.jobs[${index}]`),
      awaited: job.await ?? true,
    })),
    others: [
      ...(training.cronJobs ?? []).map((job, index) => trainerWorkload(job, `training.cronJobs[${index}]`)),
      ...(training.batchJobs ?? []).map((job, index) => trainerWorkload(job, `training.batchJobs[${index}]`)),
      ...loadTestWorkload(config),
    ],
  };
}

function versionWorkloads(model: StackConfig["models"][number], index: number): Workload[] {
  return model.versions.map((version, position) => ({
    path: `models[${index}].versions[${position}]`,
    name: version.name ?? versionResourceName(entryName(model), version.version),
    pods: podsOf(version, DEFAULT_REPLICAS),
    resources: version.resources ?? defaultServerResources,
  }));
}

/** The settings of a Deployment that decide how many pods it has. */
interface Scaled {
  readonly replicas?: number;
  readonly autoscaling?: { readonly minReplicas: number; readonly maxReplicas: number };
  readonly rollout?: { readonly maxSurge?: number | string };
}

function apiGatewayWorkload({ apiGateway }: StackConfig): Workload[] {
  if (apiGateway === undefined) return [];
  return [
    {
      path: "apiGateway",
      name: apiGateway.name ?? "api-gateway",
      pods: podsOf(apiGateway, DEFAULT_API_GATEWAY_REPLICAS),
      resources: apiGateway.resources ?? defaultApiGatewayResources,
    },
  ];
}

function podsOf({ replicas, autoscaling, rollout }: Scaled, defaultReplicas: number): Workload["pods"] {
  const fixed = replicas ?? defaultReplicas;
  const max = autoscaling?.maxReplicas ?? fixed;
  const surge = rollout?.maxSurge ?? defaultRollout.maxSurge;
  return {
    min: autoscaling?.minReplicas ?? fixed,
    max,
    // Kubernetes rounds a share up.
    surge: max === 0 ? 0 : typeof surge === "number" ? surge : Math.ceil((max * Number.parseFloat(surge)) / 100),
  };
}

function trainerWorkload(
  job: { readonly name: string; readonly workers?: number; readonly gpus?: number; readonly resources?: Resources },
  path: string,
): Workload {
  return {
    path,
    name: job.name,
    pods: once(job.workers ?? 1),
    resources: withGpus(job.resources ?? defaultTrainerResources, job.gpus),
  };
}

function loadTestWorkload({ loadTest }: StackConfig): Workload[] {
  if (loadTest === undefined) return [];
  return [
    {
      path: "loadTest",
      name: loadTest.name ?? "load-test",
      pods: once(loadTest.clients ?? DEFAULT_LOAD_TEST_CLIENTS),
      resources: loadTest.resources ?? defaultLoadTestResources,
    },
  ];
}

function once(pods: number): Workload["pods"] {
  return { min: 0, max: pods, surge: 0 };
}
