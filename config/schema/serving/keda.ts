import { z } from "zod";
import { PrometheusAddress } from "../monitoring.ts";
import { KubernetesName } from "../values.ts";

const Trigger = z.strictObject({
  type: z.string().min(1).describe("Kind of trigger, such as `prometheus`, `cron`, `metrics-api` or `kafka`."),
  name: z.string().min(1).optional().describe("Default: none."),
  metadata: z
    .record(z.string(), z.string('must be text; write it in quotes, such as "5"'))
    .describe(
      "Settings of the trigger, as KEDA documents them. `$namespace`, `$service`, `$model` and `$version` stand for those of the version. Without `serverAddress`, `prometheus` asks that of the stack.",
    ),
  metricType: z
    .enum(["AverageValue", "Value", "Utilization"])
    .optional()
    .describe(
      "Whether the target is for each pod, for all, or percent of requested `cpu` or `memory`. Default: AverageValue.",
    ),
  useCachedMetrics: z.boolean().optional().describe("Ask once in an interval. Default: false."),
  authenticationRef: z
    .strictObject({
      name: KubernetesName.describe("Name of the object, which may be one of `extraObjects`."),
      kind: z
        .enum(["TriggerAuthentication", "ClusterTriggerAuthentication"])
        .optional()
        .describe("Default: TriggerAuthentication."),
    })
    .optional()
    .describe("Credentials. Default: none."),
});

const Fallback = z.strictObject({
  failureThreshold: z.int32().min(1).describe("Failed looks in a row after which it applies."),
  replicas: z.int32().min(0).describe("Pods meanwhile."),
  behavior: z
    .enum(["static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"])
    .optional()
    .describe("Whether `replicas` or the present number counts. Default: static."),
});

/** Autoscaling by KEDA. */
export const Keda = z
  .strictObject({
    prometheus: PrometheusAddress.optional().describe(
      "Address at which KEDA asks Prometheus. Default: that of `monitoring`.",
    ),
    triggers: z
      .array(Trigger)
      .min(1, "needs a trigger; leave it out for none")
      .optional()
      .describe("More triggers; the one that wants the most pods decides. Default: none."),
    pollingInterval: z
      .int32()
      .min(1)
      .optional()
      .describe("Seconds between two looks at the triggers while there are no pods. Default: KEDA's own, 30."),
    cooldownPeriod: z
      .int32()
      .min(0)
      .optional()
      .describe("Seconds without an active trigger until the last pod goes. Default: KEDA's own, 300."),
    initialCooldownPeriod: z
      .int32()
      .min(0)
      .optional()
      .describe("Seconds after the creation during which the last pod stays. Default: KEDA's own, 0."),
    fallback: Fallback.optional().describe("Pods while a trigger cannot be asked. Default: as many as there are."),
  })
  .describe(
    "Let KEDA decide, on any of its triggers and down to no pods; the cluster must have it. `{}` with the targets above. Default: Kubernetes' own autoscaler.",
  );
