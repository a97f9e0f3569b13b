import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "./names.ts";
import type { Resources } from "./pod.ts";
import { trainerJobSpec } from "./trainer-job.ts";

/** One training run as a Job. */
export interface TrainingJobArgs {
  /** Identifies the Job in the stack; the Job's name is derived from it and from `run`. */
  readonly name: string;
  /**
   * Number of the run. Training starts again when this number changes, and only then: neither a new image
   * nor a changed parameter starts it.
   *
   * @default 1
   */
  readonly run?: number;
  /** Task of the trainer: `sentiment`, `iris`, `half_plus_two`. */
  readonly task: string;
  /** Model whose next version the run publishes. */
  readonly model: string;
  /** Hyper-parameters of the task. @default the task's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Training data, a file under the data volume. @default the data set shipped with the trainer */
  readonly data?: string;
  /** Held-out accuracy below which nothing is published, 0–1. @default no bound */
  readonly minAccuracy?: number;
  readonly resources?: Resources;
  /** Retries before the Job fails. @default 3 */
  readonly backoffLimit?: number;
  /** Seconds until the Job is given up. @default 3600 */
  readonly activeDeadlineSeconds?: number;
}

export interface TrainingPipelineArgs {
  readonly namespace: pulumi.Input<string>;
  readonly trainerImage: pulumi.Input<string>;
  readonly modelsClaim: pulumi.Input<string>;
  readonly dataClaim?: pulumi.Input<string>;
  /** @default [] */
  readonly jobs?: readonly TrainingJobArgs[];
}

/** The training Jobs of a stack. */
export class TrainingPipeline extends pulumi.ComponentResource {
  constructor(name: string, args: TrainingPipelineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:training:TrainingPipeline", name, {}, opts);
    for (const job of args.jobs ?? []) {
      // The run is part of the resource's identity, and the rest is fixed once the Job is made:
      // so training is repeated by raising `run`, never as a side effect of another change.
      new k8s.batch.v1.Job(`${job.name}-run-${job.run ?? 1}`, trainingJobManifest(args, job), {
        parent: this,
        ignoreChanges: ["spec"],
      });
    }
    this.registerOutputs();
  }
}

/** The Job of one training run; its name carries the run. */
export function trainingJobManifest(
  pipeline: Pick<TrainingPipelineArgs, "namespace" | "trainerImage" | "modelsClaim" | "dataClaim">,
  job: TrainingJobArgs,
): k8s.batch.v1.JobArgs {
  const run = job.run ?? 1;
  return {
    metadata: objectMeta({
      name: run === 1 ? job.name : `${job.name}-${run}`,
      namespace: pipeline.namespace,
      labels: { "job-type": "training" },
    }),
    spec: trainerJobSpec({
      container: "trainer",
      image: pipeline.trainerImage,
      jobType: "training",
      command: trainCommand(job),
      modelsClaim: pipeline.modelsClaim,
      dataClaim: pipeline.dataClaim,
      resources: job.resources,
      backoffLimit: job.backoffLimit ?? 3,
      activeDeadlineSeconds: job.activeDeadlineSeconds ?? 3600,
    }),
  };
}

function trainCommand(job: TrainingJobArgs): string[] {
  return [
    "train",
    `--task=${job.task}`,
    `--model=${job.model}`,
    ...(job.data === undefined ? [] : [`--data=${job.data}`]),
    ...(job.minAccuracy === undefined ? [] : [`--min-accuracy=${job.minAccuracy}`]),
    ...Object.entries(job.parameters ?? {}).map(([key, value]) => `--param=${key}=${value}`),
  ];
}
