import { z } from "zod";
import { KubernetesName, Quantities } from "./values.ts";

const LimitRangeItem = z.strictObject({
  max: Quantities.optional().describe("Most that one may be limited to."),
  min: Quantities.optional().describe("Least that one may request."),
  default: Quantities.optional().describe("Limits of a container that names none."),
  defaultRequest: Quantities.optional().describe("Requests of a container that names none."),
});

/** The namespace of the stack. */
export const NamespaceConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the namespace."),
    podSecurity: z
      .enum(["restricted", "baseline", "privileged"])
      .optional()
      .describe("Pod Security Standard that is enforced, warned and audited. Default: restricted."),
    quota: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the ResourceQuota. Default: named by Pulumi."),
        hard: Quantities.describe("Bounds by name: `requests.cpu`, `limits.memory`, `pods`, …"),
      })
      .optional()
      .describe("Most that the whole namespace may ask for. Default: no quota."),
    limitRange: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the LimitRange. Default: named by Pulumi."),
        container: LimitRangeItem.optional().describe("Bounds and defaults of each container."),
        pod: LimitRangeItem.omit({ default: true, defaultRequest: true })
          .optional()
          .describe("Bounds of each pod, its containers together."),
      })
      .optional()
      .describe("Bounds and defaults of single containers and pods. Default: none."),
  })
  .describe("The namespace with its quota, limit range and Pod Security level.");
