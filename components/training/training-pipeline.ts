import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { type JobRunArgs, type TrainerJobArgs, type TrainerVolumes, trainerJobSpec } from "./trainer-job.ts";
import { type BatchArgs, batchCommand, type TrainArgs, trainCommand } from "./training-commands.ts";

/** One training run as a Job. */
export interface TrainingJobArgs extends TrainArgs, JobRunArgs {
  /** Identifies the Job in the stack; the Job's name is derived from it and from `run`. */
  readonly name: string;
  /**
   * Number of the run. Training starts again when this number changes, and only then: neither a new image
   * nor a changed parameter starts it.
   *
   * @default 1
   */
  readonly run?: number;
  /** Wait for the Job to finish when deploying. @default true */
  readonly await?: boolean;
}

/** When and how a CronJob starts its Jobs. */
export interface ScheduleArgs {
  /** Fixed name of the CronJob. */
  readonly name: string;
  /** Cron's five fields. */
  readonly schedule: string;
  /** Time zone of the schedule. @default the cluster's */
  readonly timeZone?: string;
  /** What happens where the run before is not over. @default "Forbid" */
  readonly concurrencyPolicy?: "Forbid" | "Allow" | "Replace";
  /** @default 3 */
  readonly successfulJobsHistoryLimit?: number;
  /** @default 1 */
  readonly failedJobsHistoryLimit?: number;
  /** Seconds that a run may begin late. @default no bound */
  readonly startingDeadlineSeconds?: number;
  /** Start no run. @default false */
  readonly suspend?: boolean;
}

/** Training by schedule. */
export interface TrainingCronJobArgs extends ScheduleArgs, TrainArgs, JobRunArgs {
  /** Train only where `new_data_available` is on the data volume, and clear it after success. @default false */
  readonly whenNewData?: boolean;
}

/** Batch scoring by schedule. */
export interface BatchJobArgs extends ScheduleArgs, BatchArgs, JobRunArgs {}

export interface TrainingPipelineArgs extends TrainerVolumes {
  readonly namespace: pulumi.Input<string>;
  /** @default [] */
  readonly jobs?: readonly TrainingJobArgs[];
  /** Run the Jobs one after another. @default false */
  readonly sequential?: boolean;
  /** @default [] */
  readonly cronJobs?: readonly TrainingCronJobArgs[];
  /** @default [] */
  readonly batchJobs?: readonly BatchJobArgs[];
}

/** The training runs of a stack, and its batch scoring. */
export class TrainingPipeline extends pulumi.ComponentResource {
  constructor(name: string, args: TrainingPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:training:TrainingPipeline", name, {}, opts);
    let before: k8s.batch.v1.Job | undefined;
    for (const job of args.jobs ?? []) {
      // The run is part of the resource's identity, and the rest is fixed once the Job is made:
      // so training is repeated by raising `run`, never as a side effect of another change.
      const made = new k8s.batch.v1.Job(`${job.name}-run-${job.run ?? 1}`, trainingJobManifest(args, job), {
        parent: this,
        ignoreChanges: ["spec"],
        ...(before === undefined ? {} : { dependsOn: [before] }),
      });
      if (args.sequential === true) before = made;
    }
    for (const job of args.cronJobs ?? []) {
      this.cronJob(args, { ...job, jobType: job.jobType ?? "scheduled-training", command: trainCommand(job) });
    }
    for (const job of args.batchJobs ?? []) {
      this.cronJob(args, { ...job, jobType: job.jobType ?? "batch-scoring", command: batchCommand(job) });
    }
    this.registerOutputs();
  }

  private cronJob(pipeline: TrainingPipelineArgs, job: ScheduleArgs & TrainerJobArgs): void {
    new k8s.batch.v1.CronJob(job.name, cronJobManifest(pipeline, job), { parent: this });
  }
}

/** The Job of one training run; its name carries the run. */
export function trainingJobManifest(
  pipeline: TrainerVolumes & Pick<TrainingPipelineArgs, "namespace">,
  job: TrainingJobArgs,
): k8s.batch.v1.JobArgs {
  const run = job.run ?? 1;
  const jobType = job.jobType ?? defaultJobType(job);
  return {
    metadata: objectMeta({
      name: run === 1 ? job.name : `${job.name}-${run}`,
      namespace: pipeline.namespace,
      labels: { "job-type": jobType },
      ...(job.await === false ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
    }),
    spec: trainerJobSpec(pipeline, { ...job, jobType, command: trainCommand(job) }),
  };
}

function defaultJobType({ gpus, workers }: TrainingJobArgs): string {
  if (gpus !== undefined) return "gpu-training";
  return workers === undefined ? "training" : "distributed-training";
}

/** The CronJob that starts a run of the trainer by its schedule. */
export function cronJobManifest(
  pipeline: TrainerVolumes & Pick<TrainingPipelineArgs, "namespace">,
  job: ScheduleArgs & TrainerJobArgs,
): k8s.batch.v1.CronJobArgs {
  const labels = { "job-type": job.jobType };
  return {
    metadata: objectMeta({ name: job.name, namespace: pipeline.namespace, labels }),
    spec: {
      schedule: job.schedule,
      ...(job.timeZone === undefined ? {} : { timeZone: job.timeZone }),
      concurrencyPolicy: job.concurrencyPolicy ?? "Forbid",
      successfulJobsHistoryLimit: job.successfulJobsHistoryLimit ?? 3,
      failedJobsHistoryLimit: job.failedJobsHistoryLimit ?? 1,
      ...(job.startingDeadlineSeconds === undefined ? {} : { startingDeadlineSeconds: job.startingDeadlineSeconds }),
      ...(job.suspend === undefined ? {} : { suspend: job.suspend }),
      jobTemplate: { metadata: { labels }, spec: trainerJobSpec(pipeline, job) },
    },
  };
}
