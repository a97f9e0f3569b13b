import { z } from "zod";
import {
  Count,
  KubernetesName,
  ModelName,
  Parameters,
  Quantities,
  Quantity,
  Resources,
  Seconds,
  VariableName,
  Version,
} from "./values.ts";

/** The cluster that the stack is deployed to. */
export const Cluster = z
  .strictObject({
    kubeconfig: z
      .string()
      .min(1)
      .optional()
      .describe("Path of a kubeconfig file. Default: KUBECONFIG, then ~/.kube/config."),
    context: z.string().min(1).optional().describe("Context of the kubeconfig. Default: its current context."),
    identifier: z
      .string()
      .min(1)
      .optional()
      .describe("Stands for the cluster: a changed kubeconfig replaces nothing as long as this stays the same."),
  })
  .describe("The cluster that the stack is deployed to.");

/** A registry and a path in it, as image references begin: `registry.example.com:5000/team/ml`. */
const REGISTRY = /^[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/** Where the images come from. */
export const Images = z
  .union(
    [
      z.strictObject({
        registry: z.string().min(1).describe("Where the built images are pushed, such as registry.example.com/team."),
      }),
      z.strictObject({
        inference: z.string().min(1).describe("Reference of the inference server's image."),
        trainer: z.string().min(1).describe("Reference of the trainer's image."),
      }),
    ],
    { error: "must be {registry: <where built images are pushed>} or {inference: <reference>, trainer: <reference>}" },
  )
  .refine((images) => !("registry" in images) || REGISTRY.test(images.registry), {
    path: ["registry"],
    error: "must be a registry and a path in lower case, without https:// and without / at the end",
  })
  .describe("The registry that the built images are pushed to, or references of ready images.");

const LimitRangeItem = z.strictObject({
  max: Quantities.optional().describe("Most that one may be limited to."),
  min: Quantities.optional().describe("Least that one may request."),
  default: Quantities.optional().describe("Limits of a container that names none."),
  defaultRequest: Quantities.optional().describe("Requests of a container that names none."),
});

/** The namespace of the stack. */
export const NamespaceConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the namespace."),
    podSecurity: z
      .enum(["restricted", "baseline", "privileged"])
      .optional()
      .describe("Pod Security Standard that is enforced, warned and audited. Default: restricted."),
    quota: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the ResourceQuota. Default: named by Pulumi."),
        hard: Quantities.describe("Bounds by name: `requests.cpu`, `limits.memory`, `pods`, …"),
      })
      .optional()
      .describe("Most that the whole namespace may ask for. Default: no quota."),
    limitRange: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the LimitRange. Default: named by Pulumi."),
        container: LimitRangeItem.optional().describe("Bounds and defaults of each container."),
        pod: LimitRangeItem.omit({ default: true, defaultRequest: true })
          .optional()
          .describe("Bounds of each pod, its containers together."),
      })
      .optional()
      .describe("Bounds and defaults of single containers and pods. Default: none."),
  })
  .describe("The namespace with its quota, limit range and Pod Security level.");

const Claim = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the claim. Default: named by Pulumi."),
  size: Quantity.describe("Size of the volume."),
  accessMode: z
    .enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"])
    .optional()
    .describe("Who may mount it. Default: ReadWriteMany."),
  storageClass: z.string().min(1).optional().describe("Storage class. Default: the cluster's default class."),
});

/** The volumes of models and training data. */
export const StorageConfig = z
  .strictObject({
    models: Claim.describe("Claim of the model registry."),
    data: Claim.optional().describe("Claim of the training data. Default: none."),
    protect: z.boolean().optional().describe("Refuse to delete the claims. Default: false."),
    init: z
      .strictObject({
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
          .describe("Versions that the init Job trains and publishes where they are missing. Default: none."),
        resources: Resources.optional().describe("Default: 250m CPU and 256Mi, at most 1 CPU and 1Gi."),
        backoffLimit: Count.optional().describe("Retries before the Job fails. Default: 3."),
        activeDeadlineSeconds: Seconds.optional().describe("When the Job is given up. Default: 600."),
      })
      .optional()
      .describe("The Job that lays the volumes out."),
  })
  .describe("The volumes of models and training data, and the Job that lays them out.");

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

/** Secrets of the stack, by name. */
export const SecretsConfig = z
  .record(
    KubernetesName,
    z.strictObject({
      name: KubernetesName.optional().describe("Fixed name of the Secret. Default: named by Pulumi."),
      data: z
        .record(
          VariableName,
          z
            .union(
              [
                z.strictObject({ random: z.strictObject({ length: z.int().min(16).max(256).optional() }) }),
                z.strictObject({ config: z.string().min(1) }),
              ],
              { error: "must be {random: {length: 32}} or {config: <key of a `pulumi config set --secret` value>}" },
            )
            .meta({ title: "`{random: {length: 32}}` or `{config: key}`" }),
        )
        .describe("Values by key: made up once, or taken from a `pulumi config set --secret` value."),
    }),
  )
  .describe("Secrets by name: values generated once, or taken from secret configuration.");
