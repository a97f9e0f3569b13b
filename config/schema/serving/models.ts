import { z } from "zod";
import { Commit, Lineage } from "../../../apps/registry/lineage.ts";
import { defaults } from "../../../components/defaults/defaults.ts";
import { defaultResources } from "../default-text.ts";
import { Pod } from "../kubernetes/pod.ts";
import {
  ContainerPath,
  ImageReference,
  KubernetesName,
  Labels,
  LabelValue,
  ModelName,
  ResourceDefaults,
  Resources,
  SecretReferences,
  Size,
  VariableName,
  Version,
} from "../values.ts";
import { Autoscaling, AutoscalingDefaults, DisruptionBudget, DisruptionBudgetDefaults } from "./autoscaling.ts";
import { CanaryRolloutConfig } from "./canary-rollout.ts";
import { environmentSources, gpus, oneGpuCount } from "./container.ts";
import { Container, OneSuccessProbe, Probe, Scheduling } from "./pods.ts";
import { Rollout, RolloutDefaults } from "./rollout.ts";
import { Service } from "./service.ts";
import { Source } from "./source.ts";
import { TrafficConfig } from "./traffic.ts";

function defaultProbe(probe: keyof typeof defaults.version.probes): string {
  const { path, periodSeconds, failureThreshold } = defaults.version.probes[probe];
  return `Default: ${path} every ${periodSeconds} s, until ${failureThreshold} failures in a row; with an \`image\` that the port accepts connections.`;
}

const versionSettings = {
  image: ImageReference.optional().describe(
    "Image of a server of your own; everything else of a version works the same. Default: the project's inference server.",
  ),
  command: z
    .array(z.string())
    .min(1, "needs a program to run; leave it out for the image's own")
    .optional()
    .describe("What the `image` runs. Default: its own entrypoint."),
  args: z.array(z.string()).optional().describe("Arguments of the `image`'s command. Default: its own."),
  modelsPath: z
    .union([z.literal(false), ContainerPath], { error: "must be an absolute path such as /models, or false for none" })
    .meta({ title: "path or `false`" })
    .optional()
    .describe("Where the models volume is mounted, read-only. Default: `/models`; with an `image` nowhere."),
  sharedMemory: Size.optional().describe(
    "Size of `/dev/shm`, such as `2Gi`; it counts as memory of the container. Default: the runtime's 64Mi.",
  ),
  ...gpus,
  pod: Pod.optional(),
  container: Container.optional().describe("Name and ports of the container."),
  labels: Labels.optional().describe("More labels of the Deployment and its pods. Default: none."),
  scheduling: Scheduling.optional().describe("Which nodes the pods run on, and how they are spread."),
  replicas: z
    .int32()
    .min(0)
    .optional()
    .describe(`Pods; with autoscaling, the number to start with. Default: ${defaults.version.replicas}.`),
  resources: Resources.optional().describe(defaultResources(defaults.version.resources)),
  probes: z
    .strictObject({
      startup: OneSuccessProbe.optional().describe(`Until the model is loaded. ${defaultProbe("startup")}`),
      readiness: Probe.optional().describe(`Whether the pod gets traffic. ${defaultProbe("readiness")}`),
      liveness: OneSuccessProbe.optional().describe(`Whether the pod is restarted. ${defaultProbe("liveness")}`),
    })
    .optional()
    .describe("What the probes ask, and their timing; `false` leaves one out."),
  rollout: Rollout.optional().describe("How a version is replaced by its next revision."),
  autoscaling: Autoscaling.optional().describe("Horizontal autoscaling. Default: none."),
  disruptionBudget: DisruptionBudget.optional().describe("How many pods may be evicted at once. Default: no limit."),
  environment: z
    .record(VariableName, z.string())
    .optional()
    .describe("Settings of the server; a change rolls the pods. Default: none."),
  secretEnvironment: SecretReferences.optional().describe(
    "Environment variables taken from `secrets`, one by one. Default: none.",
  ),
  ...environmentSources,
};

/** Settings below those of every version. What belongs together is complete in the versions only. */
export const VersionDefaults = z.strictObject({
  ...versionSettings,
  resources: described(ResourceDefaults, versionSettings.resources),
  rollout: described(RolloutDefaults, versionSettings.rollout),
  autoscaling: described(AutoscalingDefaults, versionSettings.autoscaling),
  disruptionBudget: described(DisruptionBudgetDefaults, versionSettings.disruptionBudget),
});

function described<T extends z.ZodType>(setting: T, { description = "" }: z.ZodType) {
  return setting.optional().describe(description);
}

const ModelVersion = z
  .strictObject({
    version: Version.describe("Version in the registry."),
    name: KubernetesName.optional().describe("Fixed name of the Deployment. Default: named by Pulumi."),
    commitSha: Commit.optional().describe("Label `commit-sha` of the Deployment. Default: that of `lineage`."),
    trainedDate: z.iso
      .date('must be a date in quotes, such as "2026-01-15"')
      .optional()
      .describe("Label `trained-date` of the Deployment. Default: that of `lineage`."),
    lineage: Lineage.optional(),
    source: Source.optional().describe(
      "Where the model comes from: a URL, or its settings. Default: the models volume.",
    ),
    allowRegression: z
      .string()
      .min(1)
      .optional()
      .describe("Why the version is served although its `lineage` records a regression. Default: it is rejected."),
    modelVersion: LabelValue.min(1).optional().describe("Label `model-version`. Default: the version."),
    changeCause: z
      .string()
      .min(1)
      .optional()
      .describe("Shown by `kubectl rollout history`. Default: model, version and image."),
    selector: Labels.refine((labels) => Object.keys(labels).length > 0, "needs at least one label")
      .optional()
      .describe("Labels that select the pods; they can never be changed. Default: `app` and `version`."),
    service: Service.optional().describe("The Service in front of the version, which routes send requests to."),
    additionalServices: z.array(Service).optional().describe("More Services in front of the version. Default: none."),
    ...versionSettings,
  })
  .superRefine(oneGpuCount);

/** Longest name of an entry: names of its objects add a version and what Pulumi makes up. */
const MOST_OF_ENTRY = 53;

/** The models of the stack. */
export const ModelsConfig = z
  .array(
    z
      .strictObject({
        model: ModelName.describe("Name of the model in the registry."),
        name: KubernetesName.max(MOST_OF_ENTRY, `is longer than ${MOST_OF_ENTRY} characters`)
          .optional()
          .describe("Name of the entry; set it if one model is served twice. Default: the model's name."),
        app: KubernetesName.optional().describe("Label `app` of the pods. Default: the entry's name."),
        defaults: VersionDefaults.optional().describe(
          "Settings of every version of the model, over `modelDefaults` and below the version's own.",
        ),
        versions: z
          .array(ModelVersion)
          .min(1, "needs at least one version")
          .describe("Versions to serve; each also accepts every setting of `modelDefaults`."),
        traffic: TrafficConfig.optional().describe(
          "How requests reach the versions. Default: only from inside the cluster.",
        ),
        rollout: CanaryRolloutConfig.optional().describe(
          "How a canary gets to all of the requests, for `npm run rollout`. Default: by hand.",
        ),
      })
      .refine(({ model, name }) => name !== undefined || model.length <= MOST_OF_ENTRY, {
        path: ["name"],
        error: `is missing, and the model's name is longer than ${MOST_OF_ENTRY} characters, the most of an entry's; set it`,
      }),
  )
  .describe("Models and their versions, each version served by its own Deployment.");
