import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type EnvironmentSources,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  placementManifest,
  pullSecrets,
} from "../kubernetes/container.ts";
import { mountFiles } from "../kubernetes/files.ts";
import {
  DATA_PATH,
  environment,
  MODELS_PATH,
  mountClaims,
  restrictedContainer,
  restrictedPod,
  sharedMemory,
  unprivilegedContainer,
} from "../kubernetes/pod.ts";
import { patchedTemplate } from "../kubernetes/pod-patch.ts";
import { runtimeClass } from "../platform/gpu-pool.ts";
import type { ResolvedJob } from "./resolve.ts";
import { meetingPoint, meetingVariables, workerLabels } from "./workers.ts";

/** What every Job of a stack shares. */
export interface TrainerVolumes {
  /** Image of the trainer. @default none, for Jobs with images of their own */
  readonly trainerImage?: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** Claim that holds the model registry. @default none, for Jobs with images of their own */
  readonly modelsClaim?: pulumi.Input<string>;
  readonly dataClaim?: pulumi.Input<string>;
}

/** The environment variables that every Job of the trainer gets from the program. */
export const TRAINER_VARIABLES = [
  ...["MODELS_DIR", "DATA_DIR", "TRAINER_IMAGE"],
  ...["POD_NAMESPACE", "JOB_NAME", "POD_NAME", "RUN_ID"],
] as const;

/** One run of the trainer image to completion. */
export interface TrainerJob extends ResolvedJob, EnvironmentSources {
  /** Name of the Job or CronJob in the stack; its workers meet at the Service of that name. */
  readonly name?: string;
  /** Model that an image of one's own learns of. */
  readonly model?: string;
  /** Arguments of the project's trainer. */
  readonly trainerArgs: readonly string[];
  /** Pods that share the work; each learns which part is its own. @default one pod does it all */
  readonly workers?: number;
}

/**
 * The spec of a Job that runs the trainer.
 *
 * There is no `ttlSecondsAfterFinished`: a Job that deletes itself is missing at the next refresh, and would run again.
 */
export function trainerJobSpec(volumes: TrainerVolumes, job: TrainerJob): k8s.types.input.batch.v1.JobSpec {
  const { workers } = job;
  return {
    backoffLimit: job.backoffLimit,
    activeDeadlineSeconds: job.activeDeadlineSeconds,
    ...(workers === undefined ? {} : { completionMode: "Indexed", completions: workers, parallelism: workers }),
    ...(job.podFailurePolicy === undefined
      ? {}
      : { podFailurePolicy: job.podFailurePolicy as k8s.types.input.batch.v1.PodFailurePolicy }),
    template: patchedTemplate(trainerPods(volumes, job), job.pod),
  };
}

/** The trainer's pods, without the Job's `pod`. */
export function trainerPods(volumes: TrainerVolumes, job: TrainerJob): k8s.types.input.core.v1.PodTemplateSpec {
  return { metadata: { labels: { "job-type": job.jobType, ...workerLabels(job) } }, spec: podSpec(volumes, job) };
}

/** The spec of the trainer's pods. */
function podSpec(volumes: TrainerVolumes, job: TrainerJob): k8s.types.input.core.v1.PodSpec {
  const { modelsClaim, dataClaim } = volumes;
  const { image: ownImage } = job;
  const image = ownImage ?? volumes.trainerImage;
  if (image === undefined) {
    const reason = `Job "${job.name ?? job.container}" runs the trainer's image; give it`;
    throw new pulumi.InputPropertyError({ propertyPath: "trainerImage", reason });
  }
  const mounts = mountClaims([
    ...(modelsClaim === undefined ? [] : [{ volume: "models", claim: modelsClaim, mountPath: MODELS_PATH }]),
    ...(dataClaim === undefined ? [] : [{ volume: "training-data", claim: dataClaim, mountPath: DATA_PATH }]),
  ]);
  const memory = sharedMemory(job.sharedMemory);
  const files = mountFiles(job.files);
  // A trainer of one's own may write wherever it likes.
  const tmp = ownImage === undefined ? temporary : { volumes: [], volumeMounts: [] };
  return {
    restartPolicy: job.restartPolicy,
    ...meetingPoint(job),
    automountServiceAccountToken: false,
    securityContext: restrictedPod,
    ...pullSecrets(volumes.imageAccess),
    ...placementManifest(job),
    ...runtimeClass(job),
    containers: [
      {
        name: job.container,
        image,
        ...imagePolicy(volumes.imageAccess),
        ...trainerCommand(job),
        env: [
          ...environment({
            ...(modelsClaim === undefined ? {} : { MODELS_DIR: MODELS_PATH }),
            ...(dataClaim === undefined ? {} : { DATA_DIR: DATA_PATH }),
            ...(ownImage === undefined || job.model === undefined ? {} : { MODEL_NAME: job.model }),
            ...job.environment,
            TRAINER_IMAGE: image,
          }),
          ...runIdentity,
          ...meetingVariables(job),
        ],
        ...environmentFrom(job),
        resources: job.resources,
        securityContext: ownImage === undefined ? restrictedContainer : unprivilegedContainer,
        volumeMounts: [...mounts.volumeMounts, ...memory.volumeMounts, ...tmp.volumeMounts, ...files.volumeMounts],
      },
    ],
    volumes: [...mounts.volumes, ...memory.volumes, ...tmp.volumes, ...files.volumes],
  };
}

/** Room for temporary files. */
const temporary = {
  volumes: [{ name: "tmp", emptyDir: { sizeLimit: "256Mi" } }],
  volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
};

/** What the container runs: the project's trainer, or an image of one's own with its command. */
function trainerCommand({ image, command, args, trainerArgs }: TrainerJob) {
  if (image === undefined) {
    // Set explicitly, since one image may hold both server and trainer.
    return { command: ["node", "apps/trainer/main.ts"], args: [...trainerArgs] };
  }
  return {
    ...(command === undefined ? {} : { command: [...command] }),
    ...(args === undefined ? {} : { args: [...args] }),
  };
}

/**
 * The identity of the run, for the lineage of the version that it trains and for its workers to find each other: the uid of
 * the Job is the same for all its pods and their retries, and different for every Job.
 */
const runIdentity: k8s.types.input.core.v1.EnvVar[] = Object.entries({
  POD_NAMESPACE: "metadata.namespace",
  JOB_NAME: "metadata.labels['batch.kubernetes.io/job-name']",
  POD_NAME: "metadata.name",
  RUN_ID: "metadata.labels['batch.kubernetes.io/controller-uid']",
}).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } }));
