import { z } from "zod";
import { Autoscaling, DisruptionBudget } from "./autoscaling.ts";
import { Commit, LineageConfig } from "./lineage.ts";
import { TrafficConfig } from "./traffic.ts";
import {
  Count,
  CountOrPercent,
  KubernetesName,
  ModelName,
  Resources,
  Seconds,
  VariableName,
  Version,
} from "./values.ts";

const Probe = z.strictObject({
  path: z.string().startsWith("/").optional().describe("Path that is asked."),
  initialDelaySeconds: Seconds.optional().describe("Wait before the first check."),
  periodSeconds: z.int().min(1).optional().describe("Time between two checks."),
  timeoutSeconds: z.int().min(1).optional().describe("Time for an answer."),
  successThreshold: z.int().min(1).optional().describe("Good checks that make it good."),
  failureThreshold: z.int().min(1).optional().describe("Bad checks that make it bad."),
});

const Service = z
  .strictObject({
    name: KubernetesName.optional().describe("Fixed name of the Service. Default: named by Pulumi."),
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional().describe("Default: ClusterIP."),
    port: z.int().min(1).max(65535).optional().describe("Port of the Service. Default: 80."),
    nodePort: z
      .int()
      .min(30000, "is outside 30000–32767")
      .max(32767, "is outside 30000–32767")
      .optional()
      .describe("Port on every node. Default: chosen by the cluster."),
  })
  .refine(({ type, nodePort }) => nodePort === undefined || (type ?? "ClusterIP") !== "ClusterIP", {
    path: ["nodePort"],
    error: "needs `type: NodePort` or `type: LoadBalancer`",
  });

const Rollout = z
  .strictObject({
    maxSurge: CountOrPercent.optional().describe("Pods above the wanted number while rolling. Default: 1."),
    maxUnavailable: CountOrPercent.optional().describe("Pods below the wanted number while rolling. Default: 0."),
    drainSeconds: Seconds.optional().describe("How long the server goes on answering after SIGTERM. Default: 5."),
    terminationGracePeriodSeconds: z.int().min(1).optional().describe("From SIGTERM to SIGKILL. Default: 30."),
    preStopSeconds: Seconds.optional().describe(
      "Wait before SIGTERM. Default: none, since the server drains by itself.",
    ),
    revisionHistoryLimit: Count.optional().describe("Revisions kept for `kubectl rollout undo`. Default: 10."),
  })
  .refine(
    ({ drainSeconds = 5, preStopSeconds = 0, terminationGracePeriodSeconds = 30 }) =>
      drainSeconds + preStopSeconds < terminationGracePeriodSeconds,
    {
      path: ["terminationGracePeriodSeconds"],
      error: "must be above drainSeconds (default 5) and preStopSeconds (default 0) together",
    },
  );

const versionSettings = {
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
  secretEnvironment: z
    .record(
      VariableName,
      z.strictObject({ secret: KubernetesName, key: VariableName }).meta({ title: "`{secret, key}`" }),
    )
    .optional()
    .describe("Environment variables taken from `secrets`. Default: none."),
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
  service: Service.optional().describe("The Service in front of the version."),
  ...versionSettings,
});

/** The models of the stack. */
export const ModelsConfig = z
  .array(
    z.strictObject({
      model: ModelName.describe("Name of the model in the registry."),
      app: KubernetesName.optional().describe("Label `app` of the pods. Default: the model's name."),
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
