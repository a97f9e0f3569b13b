import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { isExternal, resolveService } from "../../../components/kubernetes/service.ts";
import { Port, ServiceName } from "../values.ts";

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
      .describe("Port of the metrics; `false` leaves it out. Default: the container's, on a load balancer none."),
    nodePort: z
      .int()
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
  })
  .refine(({ type, nodePort }) => nodePort === undefined || isExternal(resolveService({ type })), {
    path: ["nodePort"],
    error: "needs `type: NodePort` or `type: LoadBalancer`",
  })
  .refine(({ port, metricsPort }) => resolveService({ port }).port !== metricsPort, {
    path: ["metricsPort"],
    error: "is the port of the Service; choose another one",
  });
