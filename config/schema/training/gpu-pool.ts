import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { gpuVendor } from "../../../components/platform/gpu-pool.ts";
import { defaultResources } from "../default-text.ts";
import {
  GpuResource,
  ImageReference,
  KubernetesName,
  LabelName,
  Labels,
  LabelValue,
  NodeName,
  ObjectName,
  Resources,
} from "../values.ts";

const { taint: TAINT, devicePlugin: PLUGIN, nvidia: NVIDIA, amd: AMD } = defaults.gpuPool;

const DevicePlugin = z.strictObject({
  name: KubernetesName.optional().describe(`Default: ${NVIDIA.plugin.name}, or ${AMD.plugin.name}.`),
  namespace: KubernetesName.optional().describe(
    `Namespace of the DaemonSet, which is created unless it is kube-system. Default: ${PLUGIN.namespace}.`,
  ),
  image: ImageReference.optional().describe(`Default: ${NVIDIA.plugin.image}, or ${AMD.plugin.image}.`),
  resources: Resources.optional().describe(defaultResources(PLUGIN.resources)),
  timeSlices: z
    .int32()
    .min(2, "must be 2 or more; leave it out for GPUs that are not shared")
    .optional()
    .describe("Pods that share each GPU of NVIDIA and take turns on it, each with one `gpus`. Default: 1."),
  migStrategy: z
    .enum(["none", "single", "mixed"])
    .optional()
    .describe(
      "How slices of Multi-Instance GPUs are offered: `single` as nvidia.com/gpu, `mixed` as nvidia.com/mig-1g.5gb and so on. Default: none.",
    ),
  config: z
    .record(z.string(), z.json())
    .optional()
    .meta({ title: "NVIDIA's configuration file" })
    .describe("What the other settings do not say, in the format of NVIDIA's configuration file. Default: none."),
});

const NodeFeature = z.strictObject({
  feature: z
    .string()
    .regex(/^[^.\s]+\.[^\s]+$/, "must be the name of a feature such as pci.device, system.name or kernel.version")
    .describe("Feature as Node Feature Discovery finds it, such as `pci.device` or `system.name`."),
  matchExpressions: z
    .record(
      z.string().min(1),
      z
        .strictObject({
          op: z
            .enum(["In", "NotIn", "InRegexp", "Exists", "DoesNotExist", "Gt", "Lt", "GtLt", "IsTrue", "IsFalse"])
            .describe("How the value is compared."),
          value: z.array(z.string()).optional().describe("Values, unless `op` needs none."),
        })
        .refine(({ op, value }) => /^(Exists|DoesNotExist|IsTrue|IsFalse)$/.test(op) === (value === undefined), {
          path: ["value"],
          error: "is needed by In, NotIn, InRegexp, Gt, Lt and GtLt, and by no other op",
        }),
    )
    .refine((expressions) => Object.keys(expressions).length > 0, "needs a condition, or every node has the feature")
    .describe("Conditions by attribute, all of which have to hold."),
});

/** The nodes with GPUs. */
export const GpuPoolConfig = z
  .strictObject({
    resource: GpuResource.optional().describe(
      `Resource that pods with \`gpus\` request, such as nvidia.com/mig-1g.5gb or amd.com/gpu. Default: ${defaults.gpuPool.resource}.`,
    ),
    nodes: z
      .array(NodeName)
      .optional()
      .describe("Names of the nodes that get the labels and the taint. Default: none, the node pool sets its own."),
    nodeFeatures: z
      .union([z.boolean(), z.array(NodeFeature).min(1, "needs a feature; leave it out for none")], {
        error: "must be true for every node with a GPU of the vendor, or a list of {feature, matchExpressions}",
      })
      .optional()
      .describe(
        "Nodes that get the labels and the taint by their features, now and later, through Node Feature Discovery (with `enableTaints`): `true` for every node with a GPU of the vendor, or features that all have to match. Default: false.",
      ),
    labels: Labels.optional().describe(
      `Labels of the nodes. Default: ${defaults.gpuPool.label} is ${NVIDIA.label} or ${AMD.label}; with \`nodeFeatures\` ${defaults.gpuPool.discoveredLabel}.`,
    ),
    taint: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            key: LabelName.optional().describe(`Default: ${NVIDIA.taint}, or ${AMD.taint}.`),
            value: LabelValue.optional().describe(`Default: ${TAINT.value}.`),
            effect: z
              .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
              .optional()
              .describe(`Default: ${TAINT.effect}.`),
          }),
        ],
        { error: "must be {key, value, effect}, or false for no taint" },
      )
      .optional()
      .describe(
        `Taint that keeps other pods away. Default: \`${NVIDIA.taint}=${TAINT.value}:${TAINT.effect}\`, or with ${AMD.taint}; \`false\` sets none.`,
      ),
    selector: Labels.optional().describe("Labels that select the nodes for the device plugin. Default: `labels`."),
    runtimeClassName: ObjectName.optional().describe(
      "RuntimeClass of the device plugin and of the pods with `gpus`, such as nvidia. Default: the nodes' own runtime.",
    ),
    devicePlugin: z
      .union([z.literal(false), DevicePlugin], {
        error: "must be settings of the plugin, or false if the cluster already has one",
      })
      .optional()
      .describe(
        "The device plugin of NVIDIA or AMD, which makes the GPUs available to pods. `false` if the cluster already has one.",
      ),
  })
  .superRefine(checkPool)
  .describe("Nodes with GPUs: their labels and taint, and the vendor's device plugin.");

interface Pool {
  readonly resource?: string;
  readonly nodes?: readonly string[];
  readonly nodeFeatures?: boolean | readonly unknown[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly taint?: false | { readonly key?: string };
  readonly devicePlugin?: false | z.infer<typeof DevicePlugin>;
}

function checkPool(pool: Pool, context: z.RefinementCtx): void {
  const report = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  const { resource = defaults.gpuPool.resource, nodes = [], nodeFeatures = false, labels = {}, taint = {} } = pool;
  if (nodeFeatures !== false) {
    if (nodes.length > 0) report(["nodes"], "names the nodes that nodeFeatures finds; leave one of them out");
    for (const name of Object.keys(labels)) reportUndiscovered(name, (message) => report(["labels", name], message));
    const key = taint === false ? undefined : taint.key;
    if (key !== undefined) reportUndiscovered(key, (message) => report(["taint", "key"], message));
  }
  if (pool.devicePlugin === false) return;
  if (!/^(nvidia|amd)\.com\//.test(resource)) {
    report(
      ["devicePlugin"],
      `is for ${NVIDIA.taint} and ${AMD.taint}; install that of ${resource} yourself, and set false`,
    );
  }
  checkPlugin(resource, pool.devicePlugin ?? {}, (setting, message) => report(["devicePlugin", setting], message));
}

/** Node Feature Discovery sets labels and taints with a domain only, and none of Kubernetes' own. */
function reportUndiscovered(name: string, report: (message: string) => void): void {
  const [domain = ""] = name.includes("/") ? name.split("/") : [];
  const allowed = /(^|\.)(feature|profile)\.node\.kubernetes\.io$/.test(domain);
  if (domain === "") report(`has no domain, without which Node Feature Discovery sets none; write example.com/${name}`);
  else if (!allowed && /(^|\.)kubernetes\.io$/.test(domain)) {
    report("is in a domain of Kubernetes, in which Node Feature Discovery sets none; take a domain of your own");
  }
}

function checkPlugin(
  resource: string,
  plugin: z.infer<typeof DevicePlugin>,
  report: (setting: string, message: string) => void,
): void {
  if (gpuVendor(resource) === "amd") {
    for (const setting of ["timeSlices", "migStrategy", "config"] as const) {
      if (plugin[setting] !== undefined) report(setting, "is for NVIDIA's plugin; AMD's has no such setting");
    }
    return;
  }
  if (resource.startsWith("nvidia.com/mig-") && plugin.migStrategy !== "mixed") {
    report("migStrategy", `must be mixed: only then does the plugin offer ${resource}`);
  }
  const { flags, sharing, version } = plugin.config ?? {};
  const twice = { timeSlices: Object(sharing).timeSlicing, migStrategy: Object(flags).migStrategy };
  for (const [setting, given] of Object.entries(twice)) {
    if (given === undefined || plugin[setting as keyof typeof twice] === undefined) continue;
    report(setting, "is also in config; keep one");
  }
  if (version !== undefined && version !== "v1") report("config", "is of another version; the plugin reads v1");
}
