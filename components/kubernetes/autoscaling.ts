import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import type { AutoscalingArgs, DisruptionBudgetArgs, ScalingRules } from "./autoscaling-args.ts";
import { scaledObjectManifest, type TriggerPlace } from "./keda.ts";
import { objectMeta } from "./names.ts";

type Behavior = k8s.types.input.autoscaling.v2.HPAScalingRules;

/** Autoscaling with its targets decided. */
export function resolveAutoscaling<T extends AutoscalingArgs>(args: T): T {
  const targets = [args.cpuUtilization, args.memoryUtilization, args.queueDepth, args.metrics, args.keda?.triggers];
  if (targets.some((target) => target !== undefined)) return args;
  return { ...args, ...defaults.autoscaling };
}

/** Creates the autoscaler of a Deployment: a HorizontalPodAutoscaler, or KEDA's ScaledObject. */
export function createAutoscaler(
  resourceName: string,
  deployment: pulumi.Input<string>,
  args: AutoscalingArgs,
  place: TriggerPlace,
  parent: pulumi.Resource,
): void {
  if (args.keda === undefined) {
    const manifest = autoscalerManifest(place.namespace, deployment, args);
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(resourceName, manifest, { parent });
  } else {
    new k8s.apiextensions.CustomResource(resourceName, scaledObjectManifest(deployment, args, place), { parent });
  }
}

/** The HorizontalPodAutoscaler of a Deployment. */
export function autoscalerManifest(
  namespace: pulumi.Input<string>,
  deployment: pulumi.Input<string>,
  args: AutoscalingArgs,
): k8s.autoscaling.v2.HorizontalPodAutoscalerArgs {
  const behavior = {
    ...(args.scaleUp === undefined ? {} : { scaleUp: scalingRules(args.scaleUp) }),
    ...(args.scaleDown === undefined ? {} : { scaleDown: scalingRules(args.scaleDown) }),
  };
  return {
    metadata: objectMeta({ name: args.name, namespace }),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment },
      minReplicas: args.minReplicas,
      maxReplicas: args.maxReplicas,
      metrics: [
        ...utilization("cpu", args.cpuUtilization),
        ...utilization("memory", args.memoryUtilization),
        ...queueDepth(args.queueDepth),
        ...((args.metrics ?? []) as unknown as k8s.types.input.autoscaling.v2.MetricSpec[]),
      ],
      ...(Object.keys(behavior).length === 0 ? {} : { behavior }),
    },
  };
}

/** The PodDisruptionBudget of the pods with the given labels; pods that are not ready may always be evicted. */
export function disruptionBudgetManifest(
  namespace: pulumi.Input<string>,
  selector: Readonly<Record<string, string>>,
  args: DisruptionBudgetArgs,
): k8s.policy.v1.PodDisruptionBudgetArgs {
  return {
    metadata: objectMeta({ name: args.name, namespace }),
    spec: {
      ...(args.minAvailable === undefined ? {} : { minAvailable: args.minAvailable }),
      ...(args.maxUnavailable === undefined ? {} : { maxUnavailable: args.maxUnavailable }),
      unhealthyPodEvictionPolicy: "AlwaysAllow",
      selector: { matchLabels: { ...selector } },
    },
  };
}

function utilization(resource: string, percent: number | undefined): k8s.types.input.autoscaling.v2.MetricSpec[] {
  if (percent === undefined) return [];
  return [
    { type: "Resource", resource: { name: resource, target: { type: "Utilization", averageUtilization: percent } } },
  ];
}

/** The server's own metric of rows that wait. */
function queueDepth(rows: number | undefined): k8s.types.input.autoscaling.v2.MetricSpec[] {
  if (rows === undefined) return [];
  const target = { type: "AverageValue", averageValue: String(rows) };
  return [{ type: "Pods", pods: { metric: { name: "model_queue_depth" }, target } }];
}

function scalingRules(rules: ScalingRules): Behavior {
  return { ...rules, policies: rules.policies?.map((policy) => ({ ...policy })) };
}
