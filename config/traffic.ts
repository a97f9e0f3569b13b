import { z } from "zod";
import { KubernetesName, Version, Weight } from "./values.ts";

/** How requests reach the versions of one model. */
export const TrafficConfig = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the route. Default: named by Pulumi."),
  path: z.string().startsWith("/", "must start with '/'").optional().describe("Path prefix. Default: /."),
  hosts: z.array(z.string().min(1)).min(1).optional().describe("Host names. Default: every host."),
  stable: Version.describe("Version that gets the traffic."),
  canary: Version.optional().describe("Version that gets a share of it. Default: none."),
  canaryWeight: Weight.optional().describe("Percent for the canary. Default: the stack's `canaryWeight`."),
  canaryHeader: z
    .strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header")
        .describe("Name of the header."),
      value: z.string().min(1).describe("Its exact value."),
    })
    .optional()
    .describe("Requests with this header go to the canary whatever the weight. Default: none."),
  retries: z
    .union([z.literal(false), z.strictObject({ attempts: z.int().min(1).max(100).optional() })])
    .meta({ title: "`false` or `{attempts}`" })
    .optional()
    .describe("Retry on another pod where one is gone. Default: 8 attempts."),
});

/** The Gateway that routes attach to. */
export const GatewayConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the Gateway."),
    namespace: KubernetesName.describe("Namespace of the Gateway."),
    sectionName: KubernetesName.optional().describe("Listener of the Gateway. Default: all of them."),
    implementation: z.enum(["traefik"]).describe("Who implements the Gateway."),
  })
  .describe("The Gateway that routes attach to. Needed where a model has `traffic`.");
