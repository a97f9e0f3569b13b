import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { Cidr, KubernetesName, Labels, ModelName, Port } from "./values.ts";

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
    egress: z
      .array(
        z
          .strictObject({
            cidr: Cidr.optional().describe("Addresses, such as `10.0.0.0/8`. Set this or labels."),
            namespaceLabels: Labels.optional().describe(
              "Labels of namespaces. Default: the stack's own, if there are podLabels.",
            ),
            podLabels: Labels.optional().describe("Labels of pods. Default: all pods of the namespaces."),
            ports: z
              .array(Port)
              .min(1, "needs a port; leave it out for all")
              .optional()
              .describe("Default: all ports."),
          })
          .refine(
            ({ cidr, namespaceLabels, podLabels }) =>
              (cidr === undefined) !== ((namespaceLabels ?? podLabels) === undefined),
            { error: "takes cidr, or namespaceLabels and podLabels" },
          ),
      )
      .optional()
      .describe(
        "Where all pods may connect to, besides DNS, the stack's own pods and the collector in `OTEL_EXPORTER_OTLP_ENDPOINT`: an object store, a proxy, another DNS server. Default: nowhere.",
      ),
    servingNames: z
      .record(ModelName, KubernetesName)
      .optional()
      .describe("Fixed names of the policies that allow requests, by model. Default: named by Pulumi."),
  })
  .describe("Network policies: deny by default, allow what the stack needs. The cluster's network must enforce them.");
