import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "./names.ts";

/** The API version of KEDA's kinds. */
export const KEDA_API = "keda.sh/v1alpha1";

/**
 * What KEDA looks at to decide on the number of pods.
 *
 * @see https://keda.sh/docs/latest/scalers/
 */
export interface KedaTrigger {
  /** Kind of trigger, such as `prometheus`, `cron`, `metrics-api` or `kafka`. */
  readonly type: string;
  /** @default none */
  readonly name?: string;
  /**
   * Settings of the trigger, all of them texts. `$namespace`, `$service`, `$model` and `$version` stand for those of the
   * version. A `prometheus` trigger without a `serverAddress` asks {@link KedaArgs.prometheus}.
   */
  readonly metadata: Readonly<Record<string, string>>;
  /** Whether the target is a value for each pod, a value for all, or percent of the requests (`cpu` and `memory` only). @default "AverageValue" */
  readonly metricType?: "AverageValue" | "Value" | "Utilization";
  /** Ask once in an interval, also for the autoscaler. @default false */
  readonly useCachedMetrics?: boolean;
  /** Credentials, from an object in the stack's namespace or, for the second kind, in KEDA's own. @default none */
  readonly authenticationRef?: {
    readonly name: string;
    /** @default "TriggerAuthentication" */
    readonly kind?: "TriggerAuthentication" | "ClusterTriggerAuthentication";
  };
}

/** Autoscaling by KEDA, which the cluster must have, instead of a HorizontalPodAutoscaler of one's own. */
export interface KedaArgs {
  /** Address of the Prometheus that KEDA asks, without a path. @default none */
  readonly prometheus?: string;
  /** More triggers; the one that wants the most pods decides. @default none */
  readonly triggers?: readonly KedaTrigger[];
  /** Seconds between two looks at the triggers while there are no pods. @default KEDA's own, 30 */
  readonly pollingInterval?: number;
  /** Seconds without an active trigger until the last pod goes. @default KEDA's own, 300 */
  readonly cooldownPeriod?: number;
  /** Seconds after the creation during which the last pod stays. @default KEDA's own, 0 */
  readonly initialCooldownPeriod?: number;
  /** What happens while a trigger cannot be asked. @default the number of pods stays */
  readonly fallback?: {
    /** Failed looks in a row. */
    readonly failureThreshold: number;
    readonly replicas: number;
    /** @default "static" */
    readonly behavior?: "static" | "currentReplicas" | "currentReplicasIfHigher" | "currentReplicasIfLower";
  };
}

/** The parts of an autoscaler's settings that KEDA reads. */
interface ScalingArgs {
  readonly name?: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuUtilization?: number;
  readonly memoryUtilization?: number;
  readonly queueDepth?: number;
  readonly scaleUp?: object;
  readonly scaleDown?: object;
  readonly keda?: KedaArgs;
}

/** What the placeholders of a trigger stand for, by name. */
export interface TriggerPlace {
  readonly namespace: pulumi.Input<string>;
  readonly service: pulumi.Input<string>;
  readonly model?: string;
  readonly version?: string;
}

/** The rows that wait in all pods of a version of the project's server. */
const QUEUE_DEPTH = 'sum(model_queue_depth{namespace="$namespace",model="$model",version="$version"})';

/** The triggers that settings of any autoscaler stand for, and KEDA's own. */
export function triggersOf(args: ScalingArgs): KedaTrigger[] {
  const { cpuUtilization, memoryUtilization, queueDepth, keda = {} } = args;
  const server: Readonly<Record<string, string>> =
    keda.prometheus === undefined ? {} : { serverAddress: keda.prometheus };
  return [
    ...utilization("cpu", cpuUtilization),
    ...utilization("memory", memoryUtilization),
    ...(queueDepth === undefined
      ? []
      : [{ type: "prometheus", metadata: { ...server, query: QUEUE_DEPTH, threshold: String(queueDepth) } }]),
    ...(keda.triggers ?? []).map((trigger) =>
      trigger.type === "prometheus" ? { ...trigger, metadata: { ...server, ...trigger.metadata } } : trigger,
    ),
  ];
}

/**
 * The ScaledObject of a Deployment. KEDA makes a HorizontalPodAutoscaler of it.
 *
 * @see https://keda.sh/docs/latest/reference/scaledobject-spec/
 */
export function scaledObjectManifest(
  deployment: pulumi.Input<string>,
  args: ScalingArgs,
  place: TriggerPlace,
): k8s.apiextensions.CustomResourceArgs {
  const { name, minReplicas, maxReplicas, scaleUp, scaleDown, keda = {} } = args;
  const { prometheus: _address, triggers: _triggers, fallback, ...timing } = keda;
  const behavior = { ...(scaleUp && { scaleUp }), ...(scaleDown && { scaleDown }) };
  return {
    apiVersion: KEDA_API,
    kind: "ScaledObject",
    metadata: objectMeta({ name, namespace: place.namespace }),
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment },
      minReplicaCount: minReplicas,
      maxReplicaCount: maxReplicas,
      ...timing,
      ...(fallback === undefined ? {} : { fallback }),
      ...(Object.keys(behavior).length === 0 ? {} : { advanced: { horizontalPodAutoscalerConfig: { behavior } } }),
      triggers: pulumi
        .all([place.namespace, place.service])
        .apply(([namespace, service]) =>
          triggersOf(args).map((trigger) => filled(trigger, { ...place, namespace, service })),
        ),
    },
  };
}

function utilization(resource: "cpu" | "memory", percent: number | undefined): KedaTrigger[] {
  if (percent === undefined) return [];
  return [{ type: resource, metricType: "Utilization", metadata: { value: String(percent) } }];
}

function filled(trigger: KedaTrigger, place: Readonly<Record<string, unknown>>): KedaTrigger {
  const fill = (text: string) =>
    text.replaceAll(/\$(namespace|service|model|version)\b/g, (whole, key: string) => String(place[key] ?? whole));
  return {
    ...trigger,
    metadata: Object.fromEntries(Object.entries(trigger.metadata).map(([key, text]) => [key, fill(text)])),
  };
}
