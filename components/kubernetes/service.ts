import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import { objectMeta, skipAwaitAnnotation } from "./names.ts";

/** A Service in front of the pods of one Deployment. */
export interface ServiceArgs {
  /** Fixed name. @default named by Pulumi */
  readonly name?: string;
  /** @default "ClusterIP" */
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Port that the Service listens on. @default 80 */
  readonly port?: number;
  /** Port of the metrics; `false` leaves it out. @default the container's; none on a load balancer */
  readonly metricsPort?: number | false;
  /** Port on every node, 30000–32767; NodePort and LoadBalancer only. @default chosen by the cluster */
  readonly nodePort?: number;
  /** Deploy without waiting for the load balancer's address. @default false */
  readonly skipAwait?: boolean;
}

/** A Service with every default filled in. */
export type ResolvedService = WithDefaults<ServiceArgs, "type" | "port" | "metricsPort" | "skipAwait">;

/** Where a version answers requests. */
export interface Backend {
  /** Name of the version's Service. */
  readonly service: Input<string>;
  readonly port: number;
}

/** @param containerMetricsPort port that the container serves metrics on; `false` if it has none */
export function resolveService(args: ServiceArgs = {}, containerMetricsPort: number | false = false): ResolvedService {
  const service = withDefaults(defaults.service, args);
  return withDefaults({ metricsPort: service.type === "LoadBalancer" ? false : containerMetricsPort }, service);
}

/** Whether requests reach the Service from outside the cluster. */
export function isExternal({ type }: Pick<ResolvedService, "type">): boolean {
  return type !== "ClusterIP";
}

/** A Service with its http port, and its metrics port if it has one. */
export function serviceManifest(
  namespace: Input<string>,
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
  { name, type, port, metricsPort, nodePort, skipAwait }: ResolvedService,
): k8s.core.v1.ServiceArgs {
  return {
    metadata: objectMeta({ name, namespace, labels, ...skipAwaitAnnotation(skipAwait) }),
    spec: {
      type,
      selector: { ...selector },
      ports: [
        { name: "http", port, targetPort: "http", ...(nodePort === undefined ? {} : { nodePort }) },
        ...(metricsPort === false ? [] : [{ name: "metrics", port: metricsPort, targetPort: "metrics" }]),
      ],
    },
  };
}
