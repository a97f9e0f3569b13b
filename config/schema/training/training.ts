import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { defaultResources } from "../default-text.ts";
import { Pod } from "../kubernetes/pod.ts";
import { environmentSources, gpus, oneGpuCount, placement } from "../serving/container.ts";
import {
  Count,
  KubernetesName,
  LabelValue,
  ModelName,
  Parameters,
  Resources,
  Seconds,
  VariableName,
  Version,
} from "../values.ts";
import { checkTrainer, ownTrainer } from "./own-trainer.ts";
import { Schedule, TimeZone } from "./schedule.ts";

/** Name of a CronJob, which leaves eleven characters for the names of its Jobs. */
const CronJobName = KubernetesName.max(52, "is longer than 52 characters, which a CronJob's name may have");

const JOB = defaults.trainerJob;

/** How any Job runs. */
const run = {
  ...ownTrainer,
  container: KubernetesName.optional().describe(`Name of the container. Default: ${JOB.container}.`),
  jobType: LabelValue.min(1).optional().describe("Label `job-type`. Default: by what the Job does."),
  environment: z.record(VariableName, z.string()).optional().describe("Environment variables. Default: none."),
  ...environmentSources,
  pod: Pod.optional(),
  resources: Resources.optional().describe(defaultResources(JOB.resources)),
  ...gpus,
  ...placement,
  restartPolicy: z
    .enum(["OnFailure", "Never"])
    .optional()
    .describe(`Restart a failed container in its pod, or create a new pod. Default: ${JOB.restartPolicy}.`),
  backoffLimit: Count.optional().describe(`Retries before the Job fails. Default: ${JOB.backoffLimit}.`),
  activeDeadlineSeconds: Seconds.min(1)
    .optional()
    .describe(`When the Job is stopped and fails. Default: ${JOB.activeDeadlineSeconds}.`),
};

/** What one training run learns. */
const training = {
  task: z
    .string()
    .min(1)
    .optional()
    .describe("Task of the trainer: sentiment, iris, timeseries, half_plus_two, tabular. Needed without an `image`."),
  model: ModelName.optional().describe(
    "Model whose version the run publishes; an `image` learns it as `MODEL_NAME`. Needed without an `image`.",
  ),
  version: Version.optional().describe("Version to publish. Default: the next one."),
  parameters: Parameters.optional().describe("Hyper-parameters. Default: the environment's, then the task's own."),
  data: z.string().min(1).optional().describe("Training data file. Default: the data shipped with the trainer."),
  seed: z.int32().min(0).optional().describe("Seed of the random numbers. Default: the trainer's own."),
  minAccuracy: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Held-out accuracy below which nothing is published. Default: no limit."),
  maxError: z
    .number()
    .positive()
    .optional()
    .describe("Held-out error (RMSE) of a regression above which nothing is published. Default: no limit."),
  workers: z
    .int32()
    .min(2)
    .max(100)
    .optional()
    .describe(
      "Pods that share the work of one run, as an Indexed Job. With an `image` they find each other by `MASTER_ADDR`, `MASTER_PORT`, `RANK`, `WORLD_SIZE` and the variables of torchrun. Default: one pod does it all.",
    ),
};

/** When and how a CronJob starts its Jobs. */
const schedule = {
  schedule: Schedule.describe("When it runs, in cron's five fields: `0 2 * * *` is every day at two."),
  timeZone: TimeZone.optional().describe("Time zone of the schedule. Default: the cluster's."),
  concurrencyPolicy: z
    .enum(["Forbid", "Allow", "Replace"])
    .optional()
    .describe(`What happens if the previous run has not finished. Default: ${defaults.schedule.concurrencyPolicy}.`),
  successfulJobsHistoryLimit: Count.optional().describe(
    `Successful Jobs to keep. Default: ${defaults.schedule.successfulJobsHistoryLimit}.`,
  ),
  failedJobsHistoryLimit: Count.optional().describe(
    `Failed Jobs to keep. Default: ${defaults.schedule.failedJobsHistoryLimit}.`,
  ),
  startingDeadlineSeconds: z
    .int32()
    .min(10, "must be at least 10, because Kubernetes checks schedules every 10 seconds")
    .optional()
    .describe("How late a run may start. Default: no limit."),
  suspend: z.boolean().optional().describe("Start no run. Default: Kubernetes' own, false."),
};

const TrainingJob = z
  .strictObject({
    name: KubernetesName.describe("Name of the Job."),
    run: z
      .int32()
      .min(1)
      .optional()
      .describe(`Number of the run; raise it to train again. Default: ${defaults.trainingJob.run}.`),
    skipAwait: z
      .boolean()
      .optional()
      .describe(
        `Deploy without waiting for the Job to finish, such as a Job that may wait long for a GPU. Default: ${defaults.trainingJob.skipAwait}.`,
      ),
    ...training,
    ...run,
  })
  .superRefine(oneGpuCount)
  .superRefine(checkTrainer(["task", "model"], Object.keys(training)));

const TrainingCronJob = z
  .strictObject({
    name: CronJobName.describe("Name of the CronJob."),
    ...schedule,
    whenNewData: z
      .boolean()
      .optional()
      .describe(
        "Train only if the file `new_data_available` is on the data volume, and remove it after success. Default: false.",
      ),
    ...training,
    ...run,
  })
  .superRefine(oneGpuCount)
  .superRefine(checkTrainer(["task", "model"], [...Object.keys(training), "whenNewData"]));

const BatchJob = z
  .strictObject({
    name: CronJobName.describe("Name of the CronJob."),
    ...schedule,
    model: ModelName.optional().describe(
      "Model that scores; an `image` learns it as `MODEL_NAME`. Needed without an `image`.",
    ),
    version: z
      .union([z.literal("latest"), Version], { error: 'must be "latest" or a version in quotes, such as "2"' })
      .meta({ title: "version" })
      .optional()
      .describe("Version that scores. Default: latest."),
    input: z.string().min(1).optional().describe("JSONL or CSV file on the data volume. Set this or `synthetic`."),
    output: z.string().min(1).optional().describe("File on the data volume for the predictions, with `input`."),
    synthetic: z
      .int32()
      .min(1)
      .optional()
      .describe("Number of generated rows, whose predictions are printed. Set this or `input`."),
    ...run,
  })
  .refine(({ image, input, synthetic }) => image !== undefined || (input === undefined) !== (synthetic === undefined), {
    error: "takes exactly one of input and synthetic",
  })
  .refine(({ input, output }) => (input === undefined) === (output === undefined), {
    path: ["output"],
    error: "is set together with input",
  })
  .superRefine(oneGpuCount)
  .superRefine(checkTrainer(["model"], ["version", "input", "output", "synthetic"]));

/** Training runs and batch scoring. */
export const TrainingConfig = z
  .strictObject({
    sequential: z
      .boolean()
      .optional()
      .describe(
        `Run the Jobs one after another, for a quota that is too small for all of them at once. Default: ${defaults.training.sequential}.`,
      ),
    jobs: z.array(TrainingJob).optional().describe("Training Jobs. Default: none."),
    cronJobs: z.array(TrainingCronJob).optional().describe("Training by schedule. Default: none."),
    batchJobs: z.array(BatchJob).optional().describe("Batch scoring by schedule. Default: none."),
  })
  .describe("Training runs and batch scoring. A Job trains again only when its `run` is raised.");
