import type { AutoscalingArgs } from "../../components/kubernetes/autoscaling-args.ts";
import type { WrittenStack } from "../schema/stack.ts";

type Prometheus = NonNullable<NonNullable<WrittenStack["monitoring"]>["prometheus"]>;

/** Where the stack's Prometheus is: an address, or a Service in its namespace. */
export interface PrometheusPlace {
  readonly namespace: string;
  readonly prometheus: Prometheus;
}

/** Autoscaling whose KEDA, if any, asks the stack's Prometheus where the settings name no other. */
export function withPrometheus<T extends AutoscalingArgs>(
  autoscaling: T | undefined,
  place: PrometheusPlace | undefined,
): T | undefined {
  if (autoscaling?.keda === undefined || place === undefined) return autoscaling;
  const prometheus = autoscaling.keda.prometheus ?? addressOf(place);
  return { ...autoscaling, keda: { ...autoscaling.keda, prometheus } };
}

function addressOf({ namespace, prometheus }: PrometheusPlace): string {
  if (typeof prometheus === "string") return prometheus;
  return `http://${prometheus.service}.${namespace}.svc:${prometheus.port}`;
}
