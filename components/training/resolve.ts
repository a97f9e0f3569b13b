import { defaults } from "../defaults/defaults.ts";
import type { WithDefaults } from "../defaults/with-defaults.ts";
import { resolvePlacement } from "../kubernetes/container.ts";
import { type GpuPlacement, gpuPlacement, resolveGpus } from "../platform/gpu-pool.ts";
import type {
  BatchJobSettings,
  JobSettings,
  ScheduleArgs,
  TrainingCronJobSettings,
  TrainingJobSettings,
} from "./job-args.ts";

/** How a Job runs, with every default filled in. */
export type ResolvedJob = WithDefaults<
  JobSettings,
  | "container"
  | "jobType"
  | "environment"
  | "resources"
  | "restartPolicy"
  | "backoffLimit"
  | "activeDeadlineSeconds"
  | "masterPort"
>;

/** A training Job with every default filled in. Resolving it again changes nothing. */
export interface ResolvedTrainingJob extends ResolvedJob {
  readonly run: number;
  readonly skipAwait: boolean;
  /** Name of the Job, with the number of its run. */
  readonly jobName: string;
}

/** A schedule with every default filled in. */
export type ResolvedSchedule = WithDefaults<
  ScheduleArgs,
  "concurrencyPolicy" | "successfulJobsHistoryLimit" | "failedJobsHistoryLimit"
>;

/**
 * @param job settings of a Job; those that this function does not know are kept
 * @param jobType label `job-type` of a Job that sets none
 * @param gpus where pods with GPUs run
 */
export function resolveJob<T extends JobSettings>(
  job: T,
  jobType: string,
  gpus: GpuPlacement = gpuPlacement(),
): T & ResolvedJob {
  const { gpus: count, nodeSelector, tolerations } = job;
  const { trainerJob } = defaults;
  return {
    ...job,
    ...resolvePlacement(
      count === undefined
        ? job
        : { nodeSelector: nodeSelector ?? gpus.nodeSelector, tolerations: tolerations ?? gpus.tolerations },
    ),
    container: job.container ?? trainerJob.container,
    jobType: job.jobType ?? jobType,
    environment: job.environment ?? {},
    ...resolveGpus(job, job.resources ?? trainerJob.resources, gpus),
    restartPolicy: job.restartPolicy ?? trainerJob.restartPolicy,
    backoffLimit: job.backoffLimit ?? trainerJob.backoffLimit,
    activeDeadlineSeconds: job.activeDeadlineSeconds ?? trainerJob.activeDeadlineSeconds,
    masterPort: job.masterPort ?? defaults.training.masterPort,
  };
}

export function resolveTrainingJob<T extends TrainingJobSettings>(
  job: T,
  gpus?: GpuPlacement,
): T & ResolvedTrainingJob {
  const run = job.run ?? defaults.trainingJob.run;
  return {
    ...resolveJob(job, trainingJobType(job), gpus),
    run,
    // A queue may hold it back for as long as it likes.
    skipAwait: job.skipAwait ?? (job.queue !== undefined || defaults.trainingJob.skipAwait),
    jobName: nameOfRun(job.name, run),
  };
}

export function resolveCronJob<T extends TrainingCronJobSettings>(
  job: T,
  gpus?: GpuPlacement,
): T & ResolvedJob & ResolvedSchedule {
  return { ...resolveJob(job, "scheduled-training", gpus), ...resolveSchedule(job) };
}

export function resolveBatchJob<T extends BatchJobSettings>(
  job: T,
  gpus?: GpuPlacement,
): T & ResolvedJob & ResolvedSchedule {
  return { ...resolveJob(job, "batch-scoring", gpus), ...resolveSchedule(job) };
}

function resolveSchedule({ name, schedule, ...job }: ScheduleArgs) {
  return {
    name,
    schedule,
    concurrencyPolicy: job.concurrencyPolicy ?? defaults.schedule.concurrencyPolicy,
    successfulJobsHistoryLimit: job.successfulJobsHistoryLimit ?? defaults.schedule.successfulJobsHistoryLimit,
    failedJobsHistoryLimit: job.failedJobsHistoryLimit ?? defaults.schedule.failedJobsHistoryLimit,
  };
}

function trainingJobType({ gpus, workers }: TrainingJobSettings): string {
  if (gpus !== undefined) return "gpu-training";
  return workers === undefined ? "training" : "distributed-training";
}

/** Name of the Job of one run; the first run has no number. */
export function nameOfRun(name: string, run: number): string {
  return run === 1 ? name : `${name}-${run}`;
}
