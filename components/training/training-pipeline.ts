import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { EnvironmentSources } from "../kubernetes/container.ts";
import { objectMeta, skipAwaitAnnotation } from "../kubernetes/names.ts";
import type { GpuPlacement } from "../platform/gpu-pool.ts";
import { batchCommand, trainCommand } from "./commands.ts";
import type { BatchJobArgs, TrainingCronJobArgs, TrainingJobArgs } from "./job-args.ts";
import { type TrainerJob, type TrainerVolumes, trainerJobSpec } from "./job-spec.ts";
import {
  type ResolvedSchedule,
  type ResolvedTrainingJob,
  resolveBatchJob,
  resolveCronJob,
  resolveTrainingJob,
} from "./resolve.ts";
import { meetingService, meetingServiceManifest, type WorkerSettings } from "./workers.ts";

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
  /** Where pods with GPUs run. @default on nodes with `accelerator: nvidia-gpu`, tolerating the taint `nvidia.com/gpu` */
  readonly gpuPlacement?: GpuPlacement;
}

type Pipeline = TrainerVolumes & Pick<TrainingPipelineArgs, "namespace">;

/** The training runs of a stack, and its batch scoring. */
export class TrainingPipeline extends pulumi.ComponentResource {
  constructor(name: string, args: TrainingPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:training:TrainingPipeline", name, {}, opts);
    let before: k8s.batch.v1.Job | undefined;
    for (const settings of args.jobs ?? []) {
      const job = resolveTrainingJob(settings, args.gpuPlacement);
      // The run is part of the resource's identity, and changes of the spec are ignored. So training is repeated only by
      // raising `run`, never as a side effect of another change.
      this.meetingService(args, job);
      const created = new k8s.batch.v1.Job(`${job.name}-run-${job.run}`, trainingJobManifest(args, job), {
        parent: this,
        // Kueue refuses another queue for a Job that has started, also if it has ended since.
        ignoreChanges: ["spec", `metadata.labels["${QUEUE_LABEL}"]`],
        ...(before === undefined ? {} : { dependsOn: [before] }),
      });
      if (args.sequential === true) before = created;
    }
    for (const job of args.cronJobs ?? []) {
      this.cronJob(args, { ...resolveCronJob(job, args.gpuPlacement), trainerArgs: trainCommand(job) });
    }
    for (const job of args.batchJobs ?? []) {
      this.cronJob(args, { ...resolveBatchJob(job, args.gpuPlacement), trainerArgs: batchCommand(job) });
    }
    this.registerOutputs();
  }

  /** How the workers of a Job with an image of its own find each other. */
  private meetingService({ namespace }: Pipeline, job: WorkerSettings): void {
    const service = meetingService(job);
    if (service === undefined) return;
    new k8s.core.v1.Service(service, meetingServiceManifest(namespace, service, job.masterPort), { parent: this });
  }

  private cronJob(pipeline: TrainingPipelineArgs, job: CronJob): void {
    this.meetingService(pipeline, job);
    new k8s.batch.v1.CronJob(job.name, cronJobManifest(pipeline, job), { parent: this });
  }
}

/** The Job of one training run; its name contains the run. */
function trainingJobManifest(pipeline: Pipeline, job: TrainingJobArgs & ResolvedTrainingJob): k8s.batch.v1.JobArgs {
  return {
    metadata: objectMeta({
      name: job.jobName,
      namespace: pipeline.namespace,
      labels: { "job-type": job.jobType, ...queueLabel(job) },
      ...skipAwaitAnnotation(job.skipAwait),
    }),
    spec: trainerJobSpec(pipeline, { ...job, trainerArgs: trainCommand(job) }),
  };
}

/** Label by which Kueue admits a Job. */
const QUEUE_LABEL = "kueue.x-k8s.io/queue-name";

function queueLabel({ queue }: Pick<ResolvedTrainingJob, "queue">): Record<string, string> {
  return queue === undefined ? {} : { [QUEUE_LABEL]: queue };
}

type CronJob = TrainerJob & ResolvedSchedule & EnvironmentSources;

/** The CronJob that starts runs of the trainer by schedule. */
function cronJobManifest(pipeline: Pipeline, job: CronJob): k8s.batch.v1.CronJobArgs {
  const labels = { "job-type": job.jobType };
  return {
    metadata: objectMeta({ name: job.name, namespace: pipeline.namespace, labels }),
    spec: {
      schedule: job.schedule,
      ...(job.timeZone === undefined ? {} : { timeZone: job.timeZone }),
      concurrencyPolicy: job.concurrencyPolicy,
      successfulJobsHistoryLimit: job.successfulJobsHistoryLimit,
      failedJobsHistoryLimit: job.failedJobsHistoryLimit,
      ...(job.startingDeadlineSeconds === undefined ? {} : { startingDeadlineSeconds: job.startingDeadlineSeconds }),
      ...(job.suspend === undefined ? {} : { suspend: job.suspend }),
      jobTemplate: { metadata: { labels: { ...labels, ...queueLabel(job) } }, spec: trainerJobSpec(pipeline, job) },
    },
  };
}
