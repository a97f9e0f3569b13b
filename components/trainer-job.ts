import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { environment, mountClaims, type Resources, restrictedContainer, restrictedPod } from "./pod.ts";

/** Where the models volume is mounted, in training and in serving. */
export const MODELS_PATH = "/models";
/** Where the training data is mounted. */
export const DATA_PATH = "/data";

/** Requests and limits of a trainer container that names none. */
export const defaultTrainerResources: Resources = {
  requests: { cpu: "250m", memory: "256Mi" },
  limits: { cpu: "1", memory: "1Gi" },
};

/** What a version's lineage says of the run that trained it. The Job controller labels each pod with its Job's name. */
const runIdentity: k8s.types.input.core.v1.EnvVar[] = Object.entries({
  POD_NAMESPACE: "metadata.namespace",
  JOB_NAME: "metadata.labels['batch.kubernetes.io/job-name']",
  POD_NAME: "metadata.name",
}).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } }));

/** One run of the trainer image to completion. */
export interface TrainerJobArgs {
  /** Name of the container. */
  readonly container: string;
  readonly image: pulumi.Input<string>;
  /** Value of the pod label `job-type`. */
  readonly jobType: string;
  /** The trainer's command and its arguments. */
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly modelsClaim: pulumi.Input<string>;
  readonly dataClaim?: pulumi.Input<string>;
  /** @default {@link defaultTrainerResources} */
  readonly resources?: Resources;
  /** Retries before the Job fails. */
  readonly backoffLimit: number;
  /** Seconds until the Job is given up. */
  readonly activeDeadlineSeconds: number;
}

/**
 * The spec of a Job that runs the trainer.
 *
 * There is no `ttlSecondsAfterFinished`: a Job that deletes itself is missing at the next refresh, and would run again.
 */
export function trainerJobSpec(args: TrainerJobArgs): k8s.types.input.batch.v1.JobSpec {
  const mounts = mountClaims([
    { volume: "models", claim: args.modelsClaim, mountPath: MODELS_PATH },
    ...(args.dataClaim === undefined ? [] : [{ volume: "training-data", claim: args.dataClaim, mountPath: DATA_PATH }]),
  ]);
  return {
    backoffLimit: args.backoffLimit,
    activeDeadlineSeconds: args.activeDeadlineSeconds,
    template: {
      metadata: { labels: { "job-type": args.jobType } },
      spec: {
        restartPolicy: "OnFailure",
        automountServiceAccountToken: false,
        securityContext: restrictedPod,
        containers: [
          {
            name: args.container,
            image: args.image,
            args: [...args.command],
            env: [
              ...environment({
                MODELS_DIR: MODELS_PATH,
                ...(args.dataClaim === undefined ? {} : { DATA_DIR: DATA_PATH }),
                ...args.environment,
                TRAINER_IMAGE: args.image,
              }),
              ...runIdentity,
            ],
            resources: args.resources ?? defaultTrainerResources,
            securityContext: restrictedContainer,
            volumeMounts: [...mounts.volumeMounts, { name: "tmp", mountPath: "/tmp" }],
          },
        ],
        volumes: [...mounts.volumes, { name: "tmp", emptyDir: { sizeLimit: "256Mi" } }],
      },
    },
  };
}
