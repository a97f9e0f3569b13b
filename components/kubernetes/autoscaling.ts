import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import { type KedaArgs, scaledObjectManifest, type TriggerPlace } from "./keda.ts";
import { objectMeta } from "./names.ts";

type Behavior = k8s.types.input.autoscaling.v2.HPAScalingRules;

/** How fast one direction of scaling may go. */
export interface ScalingRules {
  /** Seconds of history from which the safest recommendation is taken. @default Kubernetes' own: 0 up, 300 down */
  readonly stabilizationWindowSeconds?: number;
  /** Most change per period. @default Kubernetes' own */
  readonly policies?: readonly {
    readonly type: "Percent" | "Pods";
    readonly value: number;
    readonly periodSeconds: number;
  }[];
  /** Which policy decides if several apply. @default "Max" */
  readonly selectPolicy?: "Max" | "Min" | "Disabled";
}

/** A metric of the Kubernetes API, `autoscaling/v2`. */
export type Metric = Readonly<Record<string, unknown>> & { readonly type: string };

/** Horizontal autoscaling of one Deployment. */
export interface AutoscalingArgs {
  /** Fixed name of the HorizontalPodAutoscaler, or of KEDA's ScaledObject. @default named by Pulumi */
  readonly name?: string;
  /** Fewest pods; with `keda` there may be none. */
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Target CPU use in percent of the request. @default 70 if there is no other target, otherwise none */
  readonly cpuUtilization?: number;
  /** Target memory use in percent of the request. @default no memory target */
  readonly memoryUtilization?: number;
  /**
   * Target of the rows that wait for the model in each pod (`model_queue_depth` of the project's server). The cluster needs an
   * adapter that serves Prometheus' metrics to autoscalers, or KEDA.
   *
   * @default no such target
   */
  readonly queueDepth?: number;
  /** Targets of any other metric, as in a HorizontalPodAutoscaler. @default none */
  readonly metrics?: readonly Metric[];
  readonly scaleUp?: ScalingRules;
  readonly scaleDown?: ScalingRules;
  /** Let KEDA decide, on any trigger, down to no pods. @default Kubernetes' own autoscaler */
  readonly keda?: KedaArgs;
}

/** How many pods of one Deployment may be evicted at once; set exactly one of the two bounds. */
export interface DisruptionBudgetArgs {
  /** Fixed name of the PodDisruptionBudget. @default named by Pulumi */
  readonly name?: string;
  /** Pods, or percent of them, that stay. */
  readonly minAvailable?: number | string;
  /** Pods, or percent of them, that may go. */
  readonly maxUnavailable?: number | string;
}

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
