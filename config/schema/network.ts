import { z } from "zod";
import { KubernetesName, ModelName } from "./values.ts";

/** Who may talk to whom in the stack's namespace. */
export const NetworkPoliciesConfig = z
  .strictObject({
    enabled: z.boolean().optional().describe("Deny whatever the stack does not need. Default: false."),
    gatewayNamespaceLabels: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe("Labels of the gateway's namespace. Default: its name, `kubernetes.io/metadata.name`."),
    servingNames: z
      .record(ModelName, KubernetesName)
      .optional()
      .describe("Fixed names of the policies that let requests in, by model. Default: named by Pulumi."),
  })
  .describe("Network policies: deny by default, and what the stack needs. Needs a network that enforces them.");
