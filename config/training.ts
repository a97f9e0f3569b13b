import { z } from "zod";
import { Count, KubernetesName, ModelName, Parameters, Resources, Seconds } from "./values.ts";

/** Training runs. */
export const TrainingConfig = z
  .strictObject({
    jobs: z
      .array(
        z.strictObject({
          name: KubernetesName.describe("Name of the Job."),
          run: z.int().min(1).optional().describe("Number of the run; raise it to train again. Default: 1."),
          task: z.string().min(1).describe("Task of the trainer: sentiment, iris, half_plus_two."),
          model: ModelName.describe("Model whose next version the run publishes."),
          parameters: Parameters.optional().describe("Hyper-parameters. Default: the task's own."),
          data: z
            .string()
            .min(1)
            .optional()
            .describe("Training data file. Default: the data shipped with the trainer."),
          minAccuracy: z
            .number()
            .min(0)
            .max(1)
            .optional()
            .describe("Held-out accuracy below which nothing is published. Default: no bound."),
          resources: Resources.optional().describe("Default: 250m CPU and 256Mi, at most 1 CPU and 1Gi."),
          backoffLimit: Count.optional().describe("Retries before the Job fails. Default: 3."),
          activeDeadlineSeconds: Seconds.optional().describe("When the Job is given up. Default: 3600."),
        }),
      )
      .optional()
      .describe("Training Jobs. Default: none."),
  })
  .describe("Training runs. Training starts again only when a job's `run` is raised.");
