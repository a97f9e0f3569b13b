import { z } from "zod";
import {
  Count,
  CountOrPercent,
  KubernetesName,
  ModelName,
  Resources,
  Seconds,
  VariableName,
  Version,
  Weight,
} from "./values.ts";

const Probe = z.strictObject({
  path: z.string().startsWith("/").optional().describe("Path that is asked."),
  initialDelaySeconds: Seconds.optional().describe("Wait before the first check."),
  periodSeconds: z.int().min(1).optional().describe("Time between two checks."),
  timeoutSeconds: z.int().min(1).optional().describe("Time for an answer."),
  successThreshold: z.int().min(1).optional().describe("Good checks that make it good."),
  failureThreshold: z.int().min(1).optional().describe("Bad checks that make it bad."),
});

const ScalingRules = z.strictObject({
  stabilizationWindowSeconds: z
    .int()
    .min(0)
    .max(3600)
    .optional()
    .describe("Seconds of history from which the safest recommendation is taken."),
  policies: z
    .array(
      z.strictObject({
        type: z.enum(["Percent", "Pods"]).describe("What `value` counts."),
        value: z.int().min(1).describe("Most change in one period."),
        periodSeconds: z.int().min(1).max(1800).describe("Length of the period."),
      }),
    )
    .optional()
    .describe("Most change in a period. Default: Kubernetes' own."),
  selectPolicy: z.enum(["Max", "Min", "Disabled"]).optional().describe("Which policy counts. Default: Max."),
});

const Autoscaling = z
  .strictObject({
    name: KubernetesName.optional().describe("Fixed name of the autoscaler. Default: named by Pulumi."),
    minReplicas: z.int().min(1).describe("Fewest pods."),
    maxReplicas: z.int().min(1).describe("Most pods."),
    cpuUtilization: z
      .int()
      .min(1)
      .optional()
      .describe("Target in percent of the CPU request. Default: 70 where no memory target is given."),
    memoryUtilization: z.int().min(1).optional().describe("Target in percent of the memory request. Default: none."),
    scaleUp: ScalingRules.optional().describe("How fast pods are added. Default: Kubernetes' own."),
    scaleDown: ScalingRules.optional().describe("How fast pods are removed. Default: Kubernetes' own."),
  })
  .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, {
    path: ["minReplicas"],
    error: "is above maxReplicas",
  });

const DisruptionBudget = z
  .strictObject({
    name: KubernetesName.optional().describe("Fixed name of the budget. Default: named by Pulumi."),
    minAvailable: CountOrPercent.optional().describe("Pods that stay. Give this or maxUnavailable."),
    maxUnavailable: CountOrPercent.optional().describe("Pods that may go. Give this or minAvailable."),
  })
  .refine(({ minAvailable, maxUnavailable }) => (minAvailable === undefined) !== (maxUnavailable === undefined), {
    error: "takes exactly one of minAvailable and maxUnavailable",
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
  commitSha: z
    .string()
    .regex(/^[0-9a-f]{6,63}$/, "must be a commit hash in hexadecimal")
    .optional()
    .describe("Label `commit-sha` of the Deployment."),
  trainedDate: z.iso
    .date('must be a date in quotes, such as "2026-01-15"')
    .optional()
    .describe("Label `trained-date` of the Deployment."),
  modelVersion: z.string().min(1).max(63).optional().describe("Label `model-version`. Default: the version."),
  changeCause: z
    .string()
    .min(1)
    .optional()
    .describe("Shown by `kubectl rollout history`. Default: model, version and image."),
  service: Service.optional().describe("The Service in front of the version."),
  ...versionSettings,
});

const Traffic = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the route. Default: named by Pulumi."),
  path: z.string().startsWith("/", "must start with '/'").optional().describe("Path prefix. Default: /."),
  hosts: z.array(z.string().min(1)).min(1).optional().describe("Host names. Default: every host."),
  stable: Version.describe("Version that gets the traffic."),
  canary: Version.optional().describe("Version that gets a share of it. Default: none."),
  canaryWeight: Weight.optional().describe("Percent for the canary. Default: the stack's `canaryWeight`."),
  canaryHeader: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header")
        .describe("Name of the header."),
      value: z.string().min(1).describe("Its exact value."),
    })
    .optional()
    .describe("Requests with this header go to the canary whatever the weight. Default: none."),
  retries: z
    .union([z.literal(false), z.strictObject({ attempts: z.int().min(1).max(100).optional() })])
    .meta({ title: "`false` or `{attempts}`" })
    .optional()
    .describe("Retry on another pod where one is gone. Default: 8 attempts."),
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
      traffic: Traffic.optional().describe("How requests reach the versions. Default: only from inside the cluster."),
    }),
  )
  .describe("Models and their versions, each version served by a Deployment of its own.");

/** The Gateway that routes attach to. */
export const GatewayConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the Gateway."),
    namespace: KubernetesName.describe("Namespace of the Gateway."),
    sectionName: KubernetesName.optional().describe("Listener of the Gateway. Default: all of them."),
    implementation: z.enum(["traefik"]).describe("Who implements the Gateway."),
  })
  .describe("The Gateway that routes attach to. Needed where a model has `traffic`.");
