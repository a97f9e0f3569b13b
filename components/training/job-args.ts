import type { Input } from "@pulumi/pulumi";
import type { EnvironmentSources, PlacementArgs } from "../kubernetes/container.ts";
import type { Resources } from "../kubernetes/pod.ts";
import type { PodArgs } from "../kubernetes/pod-patch.ts";
import type { GpuArgs } from "../platform/gpu-pool.ts";

/** What one training run learns. */
export interface TrainArgs {
  /** Task of the trainer: `sentiment`, `iris`, `timeseries`, `half_plus_two`, `tabular`; none for an image of one's own. */
  readonly task?: string;
  /** Model that the run publishes a version of; an image of one's own learns it as `MODEL_NAME`. */
  readonly model?: string;
  /** Version to publish. @default the next one */
  readonly version?: string;
  /** Hyper-parameters of the task. @default the environment's, then the task's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Training data, a file on the data volume. @default the data set shipped with the trainer */
  readonly data?: string;
  /** Seed of the random numbers. @default the trainer's own */
  readonly seed?: number;
  /** Held-out accuracy below which nothing is published, 0–1. @default no limit */
  readonly minAccuracy?: number;
  /** Held-out error (RMSE) above which nothing is published. @default no limit */
  readonly maxError?: number;
  /** Pods that share the work of one run. @default one pod does it all */
  readonly workers?: number;
}

/** What batch scoring reads and writes. */
export interface BatchArgs {
  /** Model that scores; an image of one's own learns it as `MODEL_NAME`. */
  readonly model?: string;
  /** Version that scores. @default "latest" */
  readonly version?: string;
  /** JSONL or CSV file on the data volume; set it together with `output`. */
  readonly input?: string;
  /** File on the data volume for the predictions. */
  readonly output?: string;
  /** Number of generated rows, whose predictions are printed; instead of `input`. */
  readonly synthetic?: number;
}

/**
 * Which failures of a Job's pods count.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
export interface PodFailurePolicy {
  /** The first rule that fits decides. */
  readonly rules: readonly {
    readonly action: string;
    readonly onExitCodes?: {
      readonly operator: string;
      readonly values: readonly number[];
      readonly containerName?: string;
    };
    readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
  }[];
}

/** A trainer of one's own: everything else about a Job stays the same. */
export interface OwnTrainerArgs {
  /** Image of the trainer. @default the stack's */
  readonly image?: Input<string>;
  /** Instead of the image's own entrypoint. @default the image's */
  readonly command?: readonly string[];
  /** Arguments of the command. @default the image's */
  readonly args?: readonly string[];
  /** Size of `/dev/shm`, which counts as memory of the container, such as `2Gi`. @default the runtime's 64Mi */
  readonly sharedMemory?: string;
  /** Port on which the workers of an image of one's own meet at the first of them. @default 29500 */
  readonly masterPort?: number;
}

/** How one Job runs, whatever it does, without the ConfigMaps and Secrets that it names. */
export interface JobSettings extends PlacementArgs, PodArgs, OwnTrainerArgs, GpuArgs {
  /** Queue of Kueue that admits the Job. @default none */
  readonly queue?: string;
  /** Which failures of a pod count as retries; needs `restartPolicy: Never`. @default all */
  readonly podFailurePolicy?: PodFailurePolicy;
  /** Name of the container. @default "trainer" */
  readonly container?: string;
  /** Value of the label `job-type`. @default depends on the kind of Job */
  readonly jobType?: string;
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default 250m CPU and 256Mi, at most 1 CPU and 1Gi */
  readonly resources?: Resources;
  /** Restart a failed container in its pod, or create a new pod. @default "OnFailure" */
  readonly restartPolicy?: "OnFailure" | "Never";
  /** Retries before the Job fails. @default 3 */
  readonly backoffLimit?: number;
  /** Seconds until the Job is stopped and fails. @default 3600 */
  readonly activeDeadlineSeconds?: number;
}

/** How one Job runs, whatever it does. */
export interface JobRunArgs extends JobSettings, EnvironmentSources {}

/** One training run, without the ConfigMaps and Secrets that it names. */
export interface TrainingJobSettings extends TrainArgs, JobSettings {
  /** Identifies the Job in the stack; the Job's name is derived from it and from `run`. */
  readonly name: string;
  /**
   * Number of the run. Training runs again only when this number changes: neither a new image nor a changed parameter
   * starts it.
   *
   * @default 1
   */
  readonly run?: number;
  /** Deploy without waiting for the Job to finish. @default false; true for a Job in a queue */
  readonly skipAwait?: boolean;
}

/** One training run as a Job. */
export interface TrainingJobArgs extends TrainingJobSettings, EnvironmentSources {}

/** When and how a CronJob starts its Jobs. */
export interface ScheduleArgs {
  /** Fixed name of the CronJob. */
  readonly name: string;
  /** Cron's five fields. */
  readonly schedule: string;
  /** Time zone of the schedule. @default the cluster's */
  readonly timeZone?: string;
  /** What happens if the previous run has not finished. @default "Forbid" */
  readonly concurrencyPolicy?: "Forbid" | "Allow" | "Replace";
  /** @default 3 */
  readonly successfulJobsHistoryLimit?: number;
  /** @default 1 */
  readonly failedJobsHistoryLimit?: number;
  /** Seconds that a run may start late. @default no limit */
  readonly startingDeadlineSeconds?: number;
  /** Start no run. @default Kubernetes' own: false */
  readonly suspend?: boolean;
}

/** Training by schedule, without the ConfigMaps and Secrets that it names. */
export interface TrainingCronJobSettings extends ScheduleArgs, TrainArgs, JobSettings {
  /** Train only if `new_data_available` is on the data volume, and remove that file after success. @default false */
  readonly whenNewData?: boolean;
}

/** Training by schedule. */
export interface TrainingCronJobArgs extends TrainingCronJobSettings, EnvironmentSources {}

/** Batch scoring by schedule, without the ConfigMaps and Secrets that it names. */
export interface BatchJobSettings extends ScheduleArgs, BatchArgs, JobSettings {}

/** Batch scoring by schedule. */
export interface BatchJobArgs extends BatchJobSettings, EnvironmentSources {}
