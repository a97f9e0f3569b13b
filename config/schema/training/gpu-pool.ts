import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { defaultLabels, defaultResources } from "../default-text.ts";
import { ImageReference, KubernetesName, LabelName, Labels, LabelValue, NodeName, Resources } from "../values.ts";

const { taint: TAINT, devicePlugin: PLUGIN } = defaults.gpuPool;

/** The nodes with GPUs. */
export const GpuPoolConfig = z
  .strictObject({
    nodes: z
      .array(NodeName)
      .optional()
      .describe("Names of the nodes that get the labels and the taint. Default: none, the node pool sets its own."),
    labels: Labels.optional().describe(`Labels of the nodes. ${defaultLabels(defaults.gpuPool.labels)}`),
    taint: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            key: LabelName.optional().describe(`Default: ${TAINT.key}.`),
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
        `Taint that keeps other pods away. Default: \`${TAINT.key}=${TAINT.value}:${TAINT.effect}\`; \`false\` sets none.`,
      ),
    selector: Labels.optional().describe("Labels that select the nodes for the device plugin. Default: `labels`."),
    devicePlugin: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            name: KubernetesName.optional().describe(`Default: ${PLUGIN.name}.`),
            namespace: KubernetesName.optional().describe(
              `Namespace of the DaemonSet, which is created unless it is kube-system. Default: ${PLUGIN.namespace}.`,
            ),
            image: ImageReference.optional().describe(`Default: ${PLUGIN.image}.`),
            resources: Resources.optional().describe(defaultResources(PLUGIN.resources)),
          }),
        ],
        { error: "must be {name, namespace, image, resources}, or false if the cluster already has one" },
      )
      .optional()
      .describe(
        "NVIDIA's device plugin, which makes the GPUs available to pods. `false` if the cluster already has one.",
      ),
  })
  .describe("Nodes with GPUs: their labels and taint, and NVIDIA's device plugin.");
