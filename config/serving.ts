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
  path: z.string().startsWith("/").optional(),
  initialDelaySeconds: Seconds.optional(),
  periodSeconds: z.int().min(1).optional(),
  timeoutSeconds: z.int().min(1).optional(),
  successThreshold: z.int().min(1).optional(),
  failureThreshold: z.int().min(1).optional(),
});

const ScalingRules = z.strictObject({
  stabilizationWindowSeconds: z.int().min(0).max(3600).optional(),
  policies: z
    .array(
      z.strictObject({
        type: z.enum(["Percent", "Pods"]),
        value: z.int().min(1),
        periodSeconds: z.int().min(1).max(1800),
      }),
    )
    .optional(),
  selectPolicy: z.enum(["Max", "Min", "Disabled"]).optional(),
});

const Autoscaling = z
  .strictObject({
    name: KubernetesName.optional(),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    cpuUtilization: z.int().min(1).optional(),
    memoryUtilization: z.int().min(1).optional(),
    scaleUp: ScalingRules.optional(),
    scaleDown: ScalingRules.optional(),
  })
  .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, {
    path: ["minReplicas"],
    error: "is above maxReplicas",
  });

const DisruptionBudget = z
  .strictObject({
    name: KubernetesName.optional(),
    minAvailable: CountOrPercent.optional(),
    maxUnavailable: CountOrPercent.optional(),
  })
  .refine(({ minAvailable, maxUnavailable }) => (minAvailable === undefined) !== (maxUnavailable === undefined), {
    error: "takes exactly one of minAvailable and maxUnavailable",
  });

const Service = z
  .strictObject({
    name: KubernetesName.optional(),
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional(),
    port: z.int().min(1).max(65535).optional(),
    nodePort: z.int().min(30000, "is outside 30000–32767").max(32767, "is outside 30000–32767").optional(),
  })
  .refine(({ type, nodePort }) => nodePort === undefined || (type ?? "ClusterIP") !== "ClusterIP", {
    path: ["nodePort"],
    error: "needs `type: NodePort` or `type: LoadBalancer`",
  });

const Rollout = z
  .strictObject({
    maxSurge: CountOrPercent.optional(),
    maxUnavailable: CountOrPercent.optional(),
    drainSeconds: Seconds.optional(),
    terminationGracePeriodSeconds: z.int().min(1).optional(),
    preStopSeconds: Seconds.optional(),
    revisionHistoryLimit: Count.optional(),
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
  replicas: z.int().min(0).optional(),
  resources: Resources.optional(),
  probes: z
    .strictObject({ startup: Probe.optional(), readiness: Probe.optional(), liveness: Probe.optional() })
    .optional(),
  rollout: Rollout.optional(),
  autoscaling: Autoscaling.optional(),
  disruptionBudget: DisruptionBudget.optional(),
  environment: z.record(VariableName, z.string()).optional(),
  secretEnvironment: z
    .record(VariableName, z.strictObject({ secret: KubernetesName, key: VariableName }))
    .optional()
    .describe("Environment variables taken from `secrets`. Default: none."),
};

/** Settings of every version that does not set its own. */
export const VersionDefaults = z.strictObject(versionSettings);

const ModelVersion = z.strictObject({
  version: Version,
  name: KubernetesName.optional(),
  commitSha: z
    .string()
    .regex(/^[0-9a-f]{6,63}$/, "must be a commit hash in hexadecimal")
    .optional(),
  trainedDate: z.iso.date('must be a date in quotes, such as "2026-01-15"').optional(),
  modelVersion: z.string().min(1).max(63).optional(),
  changeCause: z.string().min(1).optional(),
  service: Service.optional(),
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
      name: z.string().regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header"),
      value: z.string().min(1),
    })
    .optional()
    .describe("Requests with this header go to the canary whatever the weight. Default: none."),
  retries: z
    .union([z.literal(false), z.strictObject({ attempts: z.int().min(1).max(100).optional() })])
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
      versions: z.array(ModelVersion).min(1, "needs at least one version"),
      traffic: Traffic.optional().describe("How requests reach the versions. Default: only from inside the cluster."),
    }),
  )
  .describe("Models and their versions, each version served by a Deployment of its own.");

/** The Gateway that routes attach to. */
export const GatewayConfig = z
  .strictObject({
    name: KubernetesName,
    namespace: KubernetesName,
    sectionName: KubernetesName.optional().describe("Listener of the Gateway. Default: all of them."),
    implementation: z.enum(["traefik"]).describe("Who implements the Gateway."),
  })
  .describe("The Gateway that routes attach to. Needed where a model has `traffic`.");
