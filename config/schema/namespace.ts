import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { KubernetesName, Quantities } from "./values.ts";

const LimitRangeItem = z.strictObject({
  max: Quantities.optional().describe("Highest limit."),
  min: Quantities.optional().describe("Lowest request."),
  default: Quantities.optional().describe("Limits of a container that sets none."),
  defaultRequest: Quantities.optional().describe("Requests of a container that sets none."),
});

/** The namespace of the stack. */
export const NamespaceConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the namespace."),
    podSecurity: z
      .enum(["restricted", "baseline", "privileged"])
      .optional()
      .describe(`Pod Security Standard to enforce, warn and audit. Default: ${defaults.namespace.podSecurity}.`),
    quota: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the ResourceQuota. Default: named by Pulumi."),
        hard: Quantities.describe("Limits by name: `requests.cpu`, `limits.memory`, `pods`, …"),
      })
      .optional()
      .describe("Most that the whole namespace may request. Default: no quota."),
    limitRange: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the LimitRange. Default: named by Pulumi."),
        container: LimitRangeItem.optional().describe("Limits and defaults of each container."),
        pod: LimitRangeItem.omit({ default: true, defaultRequest: true })
          .optional()
          .describe("Limits of each pod, its containers together."),
      })
      .optional()
      .describe("Limits and defaults of single containers and pods. Default: none."),
  })
  .describe("The namespace with its quota, limit range and Pod Security level.");
