import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { milliUnits } from "../../components/kubernetes/quantity.ts";
import { Annotations, KubernetesName, Labels, Quantities, QuotaQuantities } from "./values.ts";

const bounds = {
  max: Quantities.optional().describe("Highest limit."),
  min: Quantities.optional().describe("Lowest request."),
};

const ContainerLimits = z
  .strictObject({
    ...bounds,
    default: Quantities.optional().describe("Limits of a container that sets none."),
    defaultRequest: Quantities.optional().describe("Requests of a container that sets none."),
  })
  .superRefine(rise);

const PodLimits = z.strictObject(bounds).superRefine(rise);

type Bounds = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

/** The API server rejects a limit range unless min, defaultRequest, default and max rise in this order. */
function rise(limits: Bounds, context: z.RefinementCtx): void {
  const order = ["min", "defaultRequest", "default", "max"].map((name) => ({ name, amounts: limits[name] ?? {} }));
  for (const [index, { name, amounts }] of order.entries()) {
    for (const above of order.slice(index + 1)) {
      for (const [resource, amount] of Object.entries(amounts)) {
        const most = above.amounts[resource];
        if (most === undefined || milliUnits(amount) <= milliUnits(most)) continue;
        const message = `${amount} is above ${above.name}, ${most}; min, defaultRequest, default and max must rise`;
        context.addIssue({ code: "custom", path: [name, resource], message });
      }
    }
  }
}

/** The namespace of the stack. */
export const NamespaceConfig = z
  .strictObject({
    name: KubernetesName.describe("Name of the namespace."),
    create: z
      .boolean()
      .optional()
      .describe(
        `\`false\` for a namespace that is there already and stays as it is; quota and limit range are created in it where they are given. Default: ${defaults.namespace.create}.`,
      ),
    assignsUser: z
      .boolean()
      .optional()
      .describe(
        `Whether the cluster assigns the user of the pods, as OpenShift does; they then have no fixed user and group. Default: ${defaults.namespace.assignsUser}.`,
      ),
    labels: Labels.optional().describe("More labels, such as `istio-injection: enabled`. Default: none."),
    annotations: Annotations.optional().describe("Annotations. Default: none."),
    podSecurity: z
      .enum(["restricted", "baseline", "privileged"])
      .optional()
      .describe(
        `Pod Security Standard to enforce, warn and audit; with \`create: false\` the one that the namespace has. Default: ${defaults.namespace.podSecurity}.`,
      ),
    quota: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the ResourceQuota. Default: named by Pulumi."),
        hard: QuotaQuantities.describe("Limits by name: `requests.cpu`, `limits.memory`, `pods`, …"),
      })
      .optional()
      .describe("Most that the whole namespace may request. Default: no quota."),
    limitRange: z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the LimitRange. Default: named by Pulumi."),
        container: ContainerLimits.optional().describe("Limits and defaults of each container."),
        pod: PodLimits.optional().describe("Limits of each pod, its containers together."),
      })
      .optional()
      .describe("Limits and defaults of single containers and pods. Default: none."),
  })
  .refine(({ create, labels, annotations }) => create !== false || (labels ?? annotations) === undefined, {
    path: ["create"],
    error: "is false, so labels and annotations are whoever's the namespace is; leave them out",
  })
  .describe("The namespace with its quota, limit range and Pod Security level.");
