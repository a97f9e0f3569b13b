import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { defaultResources } from "./default-text.ts";
import { Pod } from "./kubernetes/pod.ts";
import {
  Count,
  KubernetesName,
  ModelName,
  ObjectName,
  Parameters,
  Resources,
  Seconds,
  Size,
  Version,
} from "./values.ts";

const claimToCreate = {
  name: KubernetesName.optional().describe("Fixed name of the claim. Default: named by Pulumi."),
  size: Size.optional().describe("Size of the volume. Set this or `existingClaim`."),
  accessMode: z
    .enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"])
    .optional()
    .describe(`Which nodes may mount it. Default: ${defaults.storage.claim.accessMode}.`),
  storageClass: ObjectName.optional().describe("Storage class. Default: the cluster's default class."),
};

const Claim = z
  .strictObject({
    ...claimToCreate,
    existingClaim: ObjectName.optional().describe(
      "Name of a claim that is there already; the stack neither creates nor deletes it. Set this or `size`.",
    ),
  })
  .superRefine(({ existingClaim, ...created }, context) => {
    if (existingClaim === undefined) {
      if (created.size !== undefined) return;
      const message = "takes exactly one of size, for a claim to create, and existingClaim, for one that is there";
      context.addIssue({ code: "custom", message });
      return;
    }
    for (const [setting, value] of Object.entries(created)) {
      if (value === undefined) continue;
      const message = "is for a claim that the stack creates, and existingClaim names another; leave one of them out";
      context.addIssue({ code: "custom", path: [setting], message });
    }
  })
  .transform(({ existingClaim, size = "", ...created }) =>
    existingClaim === undefined ? { ...created, size } : { existingClaim },
  );

const Init = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the Job. Default: named by Pulumi."),
  seed: z
    .array(
      z.strictObject({
        model: ModelName.describe("Name of the model."),
        version: Version.describe("Version to publish."),
        task: z.string().min(1).describe("Task of the trainer: sentiment, iris, half_plus_two."),
        parameters: Parameters.optional().describe("Hyper-parameters. Default: the task's own."),
      }),
    )
    .optional()
    .describe("Versions that the init Job trains and publishes if they are missing. Default: none."),
  pod: Pod.optional(),
  resources: Resources.optional().describe(defaultResources(defaults.trainerJob.resources)),
  backoffLimit: Count.optional().describe(
    `Retries before the Job fails. Default: ${defaults.storage.init.backoffLimit}.`,
  ),
  activeDeadlineSeconds: Seconds.min(1)
    .optional()
    .describe(`When the Job is stopped and fails. Default: ${defaults.storage.init.activeDeadlineSeconds}.`),
});

/** The volumes of models and training data. */
export const StorageConfig = z
  .strictObject({
    models: Claim.optional().describe(
      "Claim of the model registry. Default: none, for a stack whose servers and Jobs have images of their own.",
    ),
    data: Claim.optional().describe("Claim of the training data. Default: none."),
    protect: z.boolean().optional().describe(`Refuse to delete the claims. Default: ${defaults.storage.protect}.`),
    init: z
      .union([z.literal(false), Init], { error: "must be settings of the Job, or false for none" })
      .optional()
      .describe("The Job that lays the volumes out. Default: the Job; for an existing claim only if it is given."),
  })
  .describe("The volumes of models and training data, and the Job that lays them out.");
