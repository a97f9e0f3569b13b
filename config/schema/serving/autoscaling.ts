import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { objectProblems } from "../../../components/kubernetes/api/problems.ts";
import type { Metric } from "../../../components/kubernetes/autoscaling-args.ts";
import { CountOrPercent, KubernetesName } from "../values.ts";
import { Keda } from "./keda.ts";

/** What Kubernetes' API says about a metric. */
const METRIC = { is: "object", definition: "autoscaling.v2.MetricSpec" } as const;

const ScalingRules = z.strictObject({
  stabilizationWindowSeconds: z
    .int32()
    .min(0)
    .max(3600)
    .optional()
    .describe("Seconds of history from which the safest recommendation is taken."),
  policies: z
    .array(
      z.strictObject({
        type: z.enum(["Percent", "Pods"]).describe("What `value` counts."),
        value: z.int32().min(1).describe("Most change in one period."),
        periodSeconds: z.int32().min(1).max(1800).describe("Length of the period."),
      }),
    )
    .min(1, "needs at least one policy; leave it out for Kubernetes' own")
    .optional()
    .describe("Most change in a period. Default: Kubernetes' own."),
  selectPolicy: z.enum(["Max", "Min", "Disabled"]).optional().describe("Which policy counts. Default: Max."),
});

const autoscaling = {
  name: KubernetesName.optional().describe("Fixed name of the autoscaler. Default: named by Pulumi."),
  minReplicas: z.int32().min(0).describe("Fewest pods; 0 only with `keda`."),
  maxReplicas: z.int32().min(1).describe("Most pods."),
  cpuUtilization: z
    .int32()
    .min(1)
    .optional()
    .describe(
      `Target in percent of the CPU request. Default: ${defaults.autoscaling.cpuUtilization} if there is no other target.`,
    ),
  memoryUtilization: z.int32().min(1).optional().describe("Target in percent of the memory request. Default: none."),
  queueDepth: z
    .int32()
    .min(1)
    .optional()
    .describe(
      "Target of the rows that wait in each pod of the project's server, `model_queue_depth`; needs `keda`, or an adapter for Prometheus' metrics. Default: none.",
    ),
  metrics: z
    .array(
      z
        .custom<Metric>((value) => typeof value === "object" && value !== null, { error: "must be a metric" })
        .superRefine((metric, context) => {
          for (const { path, message } of objectProblems(metric, METRIC, "")) {
            context.addIssue({ code: "custom", path: [path.replace(/^\./, "")], message });
          }
        })
        .meta({ title: "metric" }),
    )
    .min(1, "needs a metric; leave it out for none")
    .optional()
    .describe(
      "Targets of any other metric, as in a HorizontalPodAutoscaler: Pods, Object, External, ContainerResource. Default: none.",
    ),
  scaleUp: ScalingRules.optional().describe("How fast pods are added. Default: Kubernetes' own."),
  scaleDown: ScalingRules.optional().describe("How fast pods are removed. Default: Kubernetes' own."),
  keda: Keda.optional(),
};

/** Horizontal autoscaling of Deployments that may set more of it. */
export const AutoscalingDefaults = z.strictObject(autoscaling).partial();

/** Horizontal autoscaling of a Deployment. */
export const Autoscaling = z
  .strictObject(autoscaling)
  .refine(({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas, {
    path: ["minReplicas"],
    error: "is above maxReplicas",
  })
  .refine(({ minReplicas, keda }) => minReplicas > 0 || keda !== undefined, {
    path: ["minReplicas"],
    error: "is 0, but Kubernetes' own autoscaler keeps at least one pod; set 1, or add keda",
  })
  .refine(({ metrics, keda }) => metrics === undefined || keda === undefined, {
    path: ["metrics"],
    error: "is of Kubernetes' own autoscaler, which keda replaces; write keda.triggers instead",
  });

/** How many pods may be evicted at once, of Deployments that may set their own. */
export const DisruptionBudgetDefaults = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the budget. Default: named by Pulumi."),
  minAvailable: CountOrPercent.optional().describe("Pods that stay. Give this or maxUnavailable."),
  maxUnavailable: CountOrPercent.optional().describe("Pods that may go. Give this or minAvailable."),
});

/** How many pods of a Deployment may be evicted at once. */
export const DisruptionBudget = DisruptionBudgetDefaults.refine(
  ({ minAvailable, maxUnavailable }) => (minAvailable === undefined) !== (maxUnavailable === undefined),
  {
    error: "takes exactly one of minAvailable and maxUnavailable",
  },
);
