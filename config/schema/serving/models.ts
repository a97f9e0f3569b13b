import { z } from "zod";
import { KubernetesName, Labels, ModelName, Resources, SecretReferences, VariableName, Version } from "../values.ts";
import { Autoscaling, DisruptionBudget } from "./autoscaling.ts";
import { environmentSources } from "./container.ts";
import { Commit, LineageConfig } from "./lineage.ts";
import { Container, Probe, Scheduling } from "./pods.ts";
import { Rollout } from "./rollout.ts";
import { Service } from "./service.ts";
import { TrafficConfig } from "./traffic.ts";

const versionSettings = {
  container: Container.optional().describe("Name and ports of the container."),
  labels: Labels.optional().describe("More labels of the Deployment and its pods. Default: none."),
  scheduling: Scheduling.optional().describe("Which nodes the pods run on, and how they are spread."),
  replicas: z.int().min(0).optional().describe("Pods; with autoscaling, those to start with. Default: 1."),
  resources: Resources.optional().describe("Default: 500m CPU and 1Gi, at most 2 CPU and 2Gi."),
  probes: z
    .strictObject({
      startup: Probe.optional().describe("Until the model is loaded. Default: /ready every second, 120 times."),
      readiness: Probe.optional().describe("In the traffic or not. Default: /ready every 5 s."),
      liveness: Probe.optional().describe("Restarted or not. Default: /health every 10 s."),
    })
    .optional()
    .describe("Timing of the probes; what is not given is the default's."),
  rollout: Rollout.optional().describe("How a version is replaced by its next revision."),
  autoscaling: Autoscaling.optional().describe("Horizontal autoscaling. Default: none."),
  disruptionBudget: DisruptionBudget.optional().describe("How many pods may be evicted at once. Default: no bound."),
  environment: z
    .record(VariableName, z.string())
    .optional()
    .describe("Settings of the server; a change rolls the pods. Default: none."),
  secretEnvironment: SecretReferences.optional().describe(
    "Environment variables taken from `secrets`, one by one. Default: none.",
  ),
  ...environmentSources,
};

/** Settings of every version that does not set its own. */
export const VersionDefaults = z.strictObject(versionSettings);

const ModelVersion = z.strictObject({
  version: Version.describe("Version in the registry."),
  name: KubernetesName.optional().describe("Fixed name of the Deployment. Default: named by Pulumi."),
  commitSha: Commit.optional().describe("Label `commit-sha` of the Deployment. Default: that of `lineage`."),
  trainedDate: z.iso
    .date('must be a date in quotes, such as "2026-01-15"')
    .optional()
    .describe("Label `trained-date` of the Deployment. Default: that of `lineage`."),
  lineage: LineageConfig.optional(),
  acceptWorse: z
    .string()
    .min(1)
    .optional()
    .describe("Why the version is served although its `lineage` says that it is worse. Default: it is refused."),
  modelVersion: z.string().min(1).max(63).optional().describe("Label `model-version`. Default: the version."),
  changeCause: z
    .string()
    .min(1)
    .optional()
    .describe("Shown by `kubectl rollout history`. Default: model, version and image."),
  selector: Labels.refine((labels) => Object.keys(labels).length > 0, "needs at least one label")
    .optional()
    .describe("Labels that pick the pods; they can never be changed. Default: `app` and `version`."),
  service: Service.optional().describe("The Service in front of the version, which routes send requests to."),
  additionalServices: z.array(Service).optional().describe("More Services in front of the version. Default: none."),
  ...versionSettings,
});

/** The models of the stack. */
export const ModelsConfig = z
  .array(
    z.strictObject({
      model: ModelName.describe("Name of the model in the registry."),
      name: KubernetesName.max(53, "is longer than 53 characters")
        .optional()
        .describe("Name of the entry, where one model is served twice. Default: the model's name."),
      app: KubernetesName.optional().describe("Label `app` of the pods. Default: the entry's name."),
      defaults: VersionDefaults.optional().describe(
        "Settings of every version of the model that does not set its own.",
      ),
      versions: z
        .array(ModelVersion)
        .min(1, "needs at least one version")
        .describe("Versions to serve; each also takes every setting of `modelDefaults`."),
      traffic: TrafficConfig.optional().describe(
        "How requests reach the versions. Default: only from inside the cluster.",
      ),
    }),
  )
  .describe("Models and their versions, each version served by a Deployment of its own.");
