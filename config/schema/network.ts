import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { KubernetesName, Labels, ModelName } from "./values.ts";

/** Which pods of the stack's namespace may talk to each other. */
export const NetworkPoliciesConfig = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe(`Deny all traffic that the stack does not need. Default: ${defaults.networkPolicies.enabled}.`),
    gatewayNamespaceLabels: Labels.optional().describe(
      "Labels of the gateway's namespace. Default: its name, `kubernetes.io/metadata.name`.",
    ),
    servingNames: z
      .record(ModelName, KubernetesName)
      .optional()
      .describe("Fixed names of the policies that allow requests, by model. Default: named by Pulumi."),
  })
  .describe("Network policies: deny by default, allow what the stack needs. The cluster's network must enforce them.");
