import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { isExternal, resolveService } from "../../../components/kubernetes/service.ts";
import { Annotations, Cidr, Port, ServiceName } from "../values.ts";

/** A Service in front of a version. */
export const Service = z
  .strictObject({
    name: ServiceName.optional().describe("Fixed name of the Service. Default: named by Pulumi."),
    type: z.enum(["ClusterIP", "NodePort", "LoadBalancer"]).optional().describe(`Default: ${defaults.service.type}.`),
    port: Port.optional().describe(`Port of the Service. Default: ${defaults.service.port}.`),
    metricsPort: z
      .union([z.literal(false), Port], { error: "must be a port, 1–65535, or false for none" })
      .meta({ title: "port or `false`" })
      .optional()
      .describe(
        "Port of the metrics; `false` leaves it out. Default: the container's; on a load balancer, and where another Service of the version has one, none.",
      ),
    nodePort: z
      .int32()
      .min(30000, "is outside 30000–32767")
      .max(32767, "is outside 30000–32767")
      .optional()
      .describe("Port on every node. Default: chosen by the cluster."),
    skipAwait: z
      .boolean()
      .optional()
      .describe(
        `Deploy without waiting for the load balancer's address, for a cluster that assigns none. Default: ${defaults.service.skipAwait}.`,
      ),
    annotations: Annotations.optional().describe(
      "Annotations, such as those that a cloud's load balancer reads. Default: none.",
    ),
    appProtocol: z
      .string()
      .min(1)
      .optional()
      .describe("Protocol of the requests: `kubernetes.io/h2c` for gRPC. Default: HTTP/1.1."),
    loadBalancerSourceRanges: z
      .array(Cidr)
      .optional()
      .describe("Addresses that a load balancer lets in. Default: all."),
    loadBalancerClass: z.string().min(1).optional().describe("What makes the load balancer. Default: the cluster's."),
    externalTrafficPolicy: z
      .enum(["Cluster", "Local"])
      .optional()
      .describe("`Local` keeps the client's address and stays on the node. Default: Kubernetes' own, Cluster."),
    ipFamilyPolicy: z
      .enum(["SingleStack", "PreferDualStack", "RequireDualStack"])
      .optional()
      .describe("Families of the addresses. Default: the cluster's."),
    sessionAffinity: z
      .enum(["None", "ClientIP"])
      .optional()
      .describe("Whether one client's connections reach one pod; gateways choose pods by themselves. Default: None."),
  })
  .refine(
    ({ type, loadBalancerSourceRanges, loadBalancerClass }) =>
      type === "LoadBalancer" || (loadBalancerSourceRanges ?? loadBalancerClass) === undefined,
    { error: "sets loadBalancerSourceRanges or loadBalancerClass, which need `type: LoadBalancer`" },
  )
  .refine(
    ({ type, externalTrafficPolicy }) => externalTrafficPolicy === undefined || isExternal(resolveService({ type })),
    {
      path: ["externalTrafficPolicy"],
      error: "needs `type: NodePort` or `type: LoadBalancer`",
    },
  )
  .refine(({ type, nodePort }) => nodePort === undefined || isExternal(resolveService({ type })), {
    path: ["nodePort"],
    error: "needs `type: NodePort` or `type: LoadBalancer`",
  })
  .refine(({ port, metricsPort }) => resolveService({ port }).port !== metricsPort, {
    path: ["metricsPort"],
    error: "is the port of the Service; choose another one",
  });
