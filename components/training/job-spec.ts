import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  type EnvironmentSources,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  placementManifest,
  pullSecrets,
} from "../kubernetes/container.ts";
import {
  DATA_PATH,
  environment,
  MODELS_PATH,
  mountClaims,
  restrictedContainer,
  restrictedPod,
} from "../kubernetes/pod.ts";
import { patchedTemplate } from "../kubernetes/pod-patch.ts";
import type { ResolvedJob } from "./resolve.ts";

/** What every Job of a stack shares. */
export interface TrainerVolumes {
  /** Image of the trainer. */
  readonly trainerImage: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  readonly modelsClaim: pulumi.Input<string>;
  readonly dataClaim?: pulumi.Input<string>;
}

/** The environment variables that every Job of the trainer gets from the program. */
export const TRAINER_VARIABLES = [
  ...["MODELS_DIR", "DATA_DIR", "TRAINER_IMAGE"],
  ...["POD_NAMESPACE", "JOB_NAME", "POD_NAME", "RUN_ID"],
] as const;

/** One run of the trainer image to completion. */
export interface TrainerJob extends ResolvedJob, EnvironmentSources {
  /** The trainer's command and its arguments. */
  readonly command: readonly string[];
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
    template: patchedTemplate(trainerPods(volumes, job), job.pod),
  };
}

/** The trainer's pods, without the Job's `pod`. */
export function trainerPods(volumes: TrainerVolumes, job: TrainerJob): k8s.types.input.core.v1.PodTemplateSpec {
  return { metadata: { labels: { "job-type": job.jobType } }, spec: podSpec(volumes, job) };
}

/** The spec of the trainer's pods. */
function podSpec(volumes: TrainerVolumes, job: TrainerJob): k8s.types.input.core.v1.PodSpec {
  const { dataClaim } = volumes;
  const mounts = mountClaims([
    { volume: "models", claim: volumes.modelsClaim, mountPath: MODELS_PATH },
    ...(dataClaim === undefined ? [] : [{ volume: "training-data", claim: dataClaim, mountPath: DATA_PATH }]),
  ]);
  return {
    restartPolicy: job.restartPolicy,
    automountServiceAccountToken: false,
    securityContext: restrictedPod,
    ...pullSecrets(volumes.imageAccess),
    ...placementManifest(job),
    containers: [
      {
        name: job.container,
        image: volumes.trainerImage,
        ...imagePolicy(volumes.imageAccess),
        // Set explicitly, since one image may hold both server and trainer.
        command: ["node", "apps/trainer/main.ts"],
        args: [...job.command],
        env: [
          ...environment({
            MODELS_DIR: MODELS_PATH,
            ...(dataClaim === undefined ? {} : { DATA_DIR: DATA_PATH }),
            ...job.environment,
            TRAINER_IMAGE: volumes.trainerImage,
          }),
          ...runIdentity,
        ],
        ...environmentFrom(job),
        resources: job.resources,
        securityContext: restrictedContainer,
        volumeMounts: [...mounts.volumeMounts, { name: "tmp", mountPath: "/tmp" }],
      },
    ],
    volumes: [...mounts.volumes, { name: "tmp", emptyDir: { sizeLimit: "256Mi" } }],
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
