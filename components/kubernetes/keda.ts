import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AutoscalingArgs, KedaTrigger } from "./autoscaling-args.ts";
import { objectMeta } from "./names.ts";

/** The API version of KEDA's kinds. */
export const KEDA_API = "keda.sh/v1alpha1";

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
export function triggersOf(args: AutoscalingArgs): KedaTrigger[] {
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
  args: AutoscalingArgs,
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
