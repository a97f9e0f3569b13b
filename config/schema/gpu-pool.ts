import { z } from "zod";
import { KubernetesName, LabelName, Labels, NodeName, Resources } from "./values.ts";

/** The nodes with GPUs. */
export const GpuPoolConfig = z
  .strictObject({
    nodes: z
      .array(NodeName)
      .optional()
      .describe("Names of the nodes that get the labels and the taint. Default: none, the node pool sets its own."),
    labels: Labels.optional().describe("Labels of the nodes. Default: `accelerator: nvidia-gpu`."),
    taint: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            key: LabelName.optional().describe("Default: nvidia.com/gpu."),
            value: z.string().max(63).optional().describe("Default: present."),
            effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional().describe("Default: NoSchedule."),
          }),
        ],
        { error: "must be {key, value, effect}, or false for no taint" },
      )
      .optional()
      .describe("Taint that keeps other pods away. Default: `nvidia.com/gpu=present:NoSchedule`; `false` sets none."),
    selector: Labels.optional().describe("Labels that pick the nodes for the device plugin. Default: `labels`."),
    devicePlugin: z
      .union(
        [
          z.literal(false),
          z.strictObject({
            name: KubernetesName.optional().describe("Default: nvidia-device-plugin-daemonset."),
            namespace: KubernetesName.optional().describe(
              "Namespace of the DaemonSet; any other than kube-system is made. Default: kube-system.",
            ),
            image: z.string().min(1).optional().describe("Default: NVIDIA's own at a fixed version."),
            resources: Resources.optional().describe("Default: 50m CPU and 64Mi, at most 200m and 256Mi."),
          }),
        ],
        { error: "must be {name, namespace, image, resources}, or false where the cluster has one" },
      )
      .optional()
      .describe("NVIDIA's device plugin, which offers the GPUs to pods. `false` where the cluster has one."),
  })
  .describe("Nodes with GPUs: their labels and taint, and NVIDIA's device plugin.");
