import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { defaultTrainerResources, GPU_RESOURCE, gpuNodes } from "../defaults.ts";
import {
  type EnvironmentSources,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  type PlacementArgs,
  placementOf,
  pullSecrets,
} from "../kubernetes/container.ts";
import { environment, mountClaims, type Resources, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";

/** Where the models volume is mounted, in training and in serving. */
export const MODELS_PATH = "/models";
/** Where the training data is mounted. */
export const DATA_PATH = "/data";

/** What every Job of a stack shares. */
export interface TrainerVolumes {
  /** Image of the trainer. */
  readonly trainerImage: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  readonly modelsClaim: pulumi.Input<string>;
  readonly dataClaim?: pulumi.Input<string>;
  /** Where pods with GPUs run. @default {@link gpuNodes} */
  readonly gpuPlacement?: PlacementArgs;
}

/** How one Job runs, whatever it does. */
export interface JobRunArgs extends EnvironmentSources, PlacementArgs {
  /** Name of the container. @default "trainer" */
  readonly container?: string;
  /** Value of the label `job-type`. @default after what the Job does */
  readonly jobType?: string;
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default {@link defaultTrainerResources} */
  readonly resources?: Resources;
  /** GPUs of each pod, which then runs on the GPU nodes only. @default none */
  readonly gpus?: number;
  /** Restart a failed container in its pod, or make a new pod. @default "OnFailure" */
  readonly restartPolicy?: "OnFailure" | "Never";
  /** Retries before the Job fails. @default 3 */
  readonly backoffLimit?: number;
  /** Seconds until the Job is given up. @default 3600 */
  readonly activeDeadlineSeconds?: number;
}

/** One run of the trainer image to completion. */
export interface TrainerJobArgs extends JobRunArgs {
  readonly jobType: string;
  /** The trainer's command and its arguments. */
  readonly command: readonly string[];
  /** Pods that share the work, each told which part is its own. @default one pod does it all */
  readonly workers?: number;
}

/**
 * The spec of a Job that runs the trainer.
 *
 * There is no `ttlSecondsAfterFinished`: a Job that deletes itself is missing at the next refresh, and would run again.
 */
export function trainerJobSpec(volumes: TrainerVolumes, args: TrainerJobArgs): k8s.types.input.batch.v1.JobSpec {
  const { workers } = args;
  return {
    backoffLimit: args.backoffLimit ?? 3,
    activeDeadlineSeconds: args.activeDeadlineSeconds ?? 3600,
    ...(workers === undefined ? {} : { completionMode: "Indexed", completions: workers, parallelism: workers }),
    template: {
      metadata: { labels: { "job-type": args.jobType } },
      spec: podSpec(volumes, args),
    },
  };
}

/** The spec of the trainer's pods. */
function podSpec(volumes: TrainerVolumes, args: TrainerJobArgs): k8s.types.input.core.v1.PodSpec {
  const { dataClaim } = volumes;
  const mounts = mountClaims([
    { volume: "models", claim: volumes.modelsClaim, mountPath: MODELS_PATH },
    ...(dataClaim === undefined ? [] : [{ volume: "training-data", claim: dataClaim, mountPath: DATA_PATH }]),
  ]);
  return {
    restartPolicy: args.restartPolicy ?? "OnFailure",
    automountServiceAccountToken: false,
    securityContext: restrictedPod,
    ...pullSecrets(volumes.imageAccess),
    ...placementOf(args.gpus === undefined ? args : { ...(volumes.gpuPlacement ?? gpuNodes), ...args }),
    containers: [
      {
        name: args.container ?? "trainer",
        image: volumes.trainerImage,
        ...imagePolicy(volumes.imageAccess),
        // Said here, since one image may be server and trainer both.
        command: ["node", "apps/trainer/main.ts"],
        args: [...args.command],
        env: [
          ...environment({
            MODELS_DIR: MODELS_PATH,
            ...(dataClaim === undefined ? {} : { DATA_DIR: DATA_PATH }),
            ...args.environment,
            TRAINER_IMAGE: volumes.trainerImage,
          }),
          ...runIdentity,
        ],
        ...environmentFrom(args),
        resources: withGpus(args.resources ?? defaultTrainerResources, args.gpus),
        securityContext: restrictedContainer,
        volumeMounts: [...mounts.volumeMounts, { name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [...mounts.volumes, { name: "tmp", emptyDir: { sizeLimit: "256Mi" } }],
  };
}

/**
 * What a version's lineage says of the run that trained it, and what the workers of one run share: the Job's own
 * identity is the same for all its pods and their retries, and another one for every Job.
 */
const runIdentity: k8s.types.input.core.v1.EnvVar[] = Object.entries({
  POD_NAMESPACE: "metadata.namespace",
  JOB_NAME: "metadata.labels['batch.kubernetes.io/job-name']",
  POD_NAME: "metadata.name",
  RUN_ID: "metadata.labels['batch.kubernetes.io/controller-uid']",
}).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } }));

/** Resources of a container that uses GPUs: as many requested as at most used, since they cannot be shared. */
export function withGpus(resources: Resources, gpus: number | undefined): Resources {
  if (gpus === undefined) return resources;
  const share = { [GPU_RESOURCE]: String(gpus) };
  return { requests: { ...resources.requests, ...share }, limits: { ...resources.limits, ...share } };
}
