import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";
import { objectMeta, skipAwaitAnnotation } from "./names.ts";

/** Name of the container's port for gRPC without TLS. */
export const GRPC_PORT_NAME = "grpc";

/** A Service in front of the pods of one Deployment. */
export interface ServiceArgs {
  /** Fixed name. @default named by Pulumi */
  readonly name?: string;
  /** @default "ClusterIP" */
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Port that the Service listens on. @default 80 */
  readonly port?: number;
  /** Port of the metrics; `false` leaves it out. @default the container's; none on a load balancer, and where another Service of a version has one */
  readonly metricsPort?: number | false;
  /** Port on every node, 30000–32767; NodePort and LoadBalancer only. @default chosen by the cluster */
  readonly nodePort?: number;
  /** Deploy without waiting for the load balancer's address. @default false */
  readonly skipAwait?: boolean;
  /** Annotations for whatever reads them, such as a cloud's load balancer. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Protocol of the requests, for gateways: `kubernetes.io/h2c` for gRPC and HTTP/2 without TLS. @default HTTP/1.1 */
  readonly appProtocol?: string;
  /** Addresses that a load balancer lets in, such as `10.0.0.0/8`. @default all */
  readonly loadBalancerSourceRanges?: readonly string[];
  /** Implementation of the load balancer. @default the cluster's */
  readonly loadBalancerClass?: string;
  /** `Local` keeps the address of the client, and sends requests to pods of the same node only. @default "Cluster" */
  readonly externalTrafficPolicy?: "Cluster" | "Local";
  /** Families of the addresses. @default the cluster's */
  readonly ipFamilyPolicy?: "SingleStack" | "PreferDualStack" | "RequireDualStack";
  /** `ClientIP` sends the requests of one address to the same pod; gateways send requests to pods by themselves. @default "None" */
  readonly sessionAffinity?: "None" | "ClientIP";
}

/** The ports of a container that a Service can lead to. */
export interface ContainerPorts {
  readonly port?: number;
  /** `false` if it has no metrics. */
  readonly metricsPort: number | false;
  /** Path of the metrics. @default "/metrics" */
  readonly metricsPath?: string;
  /** More ports by name. @default none */
  readonly ports?: Readonly<Record<string, number>>;
}

/** A Service with every default filled in. */
export type ResolvedService = WithDefaults<ServiceArgs, "type" | "port" | "metricsPort" | "skipAwait">;

/** Where a version answers requests. */
export interface Backend {
  /** Name of the version's Service. */
  readonly service: Input<string>;
  readonly port: number;
  /** Port for gRPC; undefined if the version has none. */
  readonly grpcPort?: number;
}

/** @param container the container behind the Service */
export function resolveService(
  args: ServiceArgs = {},
  { metricsPort }: Pick<ContainerPorts, "metricsPort"> = { metricsPort: false },
): ResolvedService {
  const service = withDefaults(defaults.service, args);
  return withDefaults({ metricsPort: service.type === "LoadBalancer" ? false : metricsPort }, service);
}

/** Whether requests reach the Service from outside the cluster. */
export function isExternal({ type }: Pick<ResolvedService, "type">): boolean {
  return type !== "ClusterIP";
}

/** Annotation of a Service with another path of its metrics than {@link defaults.metricsPath}; its ServiceMonitor reads it. */
export const METRICS_PATH_ANNOTATION = "ml-platform/metrics-path";

/**
 * A Service with its http port, its metrics port if it has one, and the further ports of its container.
 *
 * @param container the container behind it. @default one with the ports `http` and `metrics`
 */
export function serviceManifest(
  namespace: Input<string>,
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
  service: ResolvedService,
  container: ContainerPorts = { metricsPort: false },
): k8s.core.v1.ServiceArgs {
  const { name, type, port, metricsPort, nodePort, appProtocol } = service;
  return {
    metadata: objectMeta({ name, namespace, labels, ...serviceAnnotations(service, container) }),
    spec: {
      type,
      ...addressing(service),
      selector: { ...selector },
      ports: [
        {
          name: "http",
          port,
          targetPort: "http",
          ...(appProtocol === undefined ? {} : { appProtocol }),
          ...(nodePort === undefined ? {} : { nodePort }),
        },
        ...(metricsPort === false
          ? []
          : [{ name: "metrics", port: metricsPort, targetPort: metricsPortName(container) }]),
        ...Object.entries(container.ports ?? {}).map(([more, number]) => ({
          name: more,
          port: number,
          targetPort: more,
          // Gateways speak HTTP/1.1 to a port that says nothing else.
          ...(more === GRPC_PORT_NAME ? { appProtocol: "kubernetes.io/h2c" } : {}),
        })),
      ],
    },
  };
}

/** Name of the container's port with the metrics: a server without a port for them alone has them where it answers requests. */
export function metricsPortName({ port, metricsPort }: ContainerPorts): "http" | "metrics" {
  return port !== undefined && port === metricsPort ? "http" : "metrics";
}

function serviceAnnotations({ skipAwait, annotations, metricsPort }: ResolvedService, { metricsPath }: ContainerPorts) {
  const all = {
    ...skipAwaitAnnotation(skipAwait).annotations,
    ...(metricsPort === false || metricsPath === undefined || metricsPath === defaults.metricsPath
      ? {}
      : { [METRICS_PATH_ANNOTATION]: metricsPath }),
    ...annotations,
  };
  return Object.keys(all).length === 0 ? {} : { annotations: all };
}

/** How a Service gets its addresses, and who may use them. */
function addressing({
  loadBalancerSourceRanges,
  loadBalancerClass,
  externalTrafficPolicy,
  ipFamilyPolicy,
  sessionAffinity,
}: ResolvedService): Partial<k8s.types.input.core.v1.ServiceSpec> {
  return {
    ...(loadBalancerSourceRanges === undefined ? {} : { loadBalancerSourceRanges: [...loadBalancerSourceRanges] }),
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
    ...(ipFamilyPolicy === undefined ? {} : { ipFamilyPolicy }),
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
  };
}
