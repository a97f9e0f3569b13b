import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { gpuShare } from "../../../components/platform/gpu-pool.ts";
import {
  ContainerPath,
  DataKey,
  GpuResource,
  KubernetesName,
  LabelName,
  Labels,
  LabelValue,
  type Resources,
} from "../values.ts";

/** A taint that the pods tolerate. */
const Toleration = z
  .strictObject({
    key: LabelName.describe("Key of the taint."),
    operator: z
      .enum(["Exists", "Equal"])
      .optional()
      .describe(`Whether the value has to match. Default: ${defaults.toleration.operator}.`),
    value: LabelValue.optional().describe("Value of the taint, with `operator: Equal`."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .optional()
      .describe("Effect of the taint. Default: every effect."),
  })
  .refine(({ operator, value }) => value === undefined || operator === "Equal", {
    path: ["value"],
    error: "needs `operator: Equal`; a toleration of every value has none",
  });

/** Nodes that a pod may run on. */
export const placement = {
  nodeSelector: Labels.optional().describe("Labels of the nodes that may run it. Default: every node."),
  tolerations: z.array(Toleration).optional().describe("Taints that it tolerates. Default: none."),
};

/** Where the environment and the files of a container come from, besides single variables. */
export const environmentSources = {
  configMaps: z
    .array(KubernetesName)
    .optional()
    .describe("Names under `configMaps` whose keys become environment variables. Default: none."),
  secrets: z
    .array(KubernetesName)
    .optional()
    .describe("Names under `secrets` whose keys become environment variables. Default: none."),
  files: z
    .record(
      ContainerPath,
      z
        .strictObject({
          configMap: KubernetesName.optional().describe("Name under `configMaps`. Set this or `secret`."),
          secret: KubernetesName.optional().describe("Name under `secrets`. Set this or `configMap`."),
          key: DataKey.optional().describe(
            "The one key that becomes the file. Default: the path is a folder, and every key a file in it.",
          ),
        })
        .refine(({ configMap, secret }) => (configMap === undefined) !== (secret === undefined), {
          error: "takes exactly one of configMap and secret",
        }),
    )
    .optional()
    .describe(
      "Files from ConfigMaps and Secrets, read-only, by their path in the container, such as `/etc/app/app.yaml: { configMap: app, key: app.yaml }`. Default: none.",
    ),
};

/** GPUs are given once: as `gpus`, which also places the pods, or as resources. */
export function oneGpuCount(
  job: { gpus?: number; gpuResource?: string; resources?: z.infer<typeof Resources> },
  context: z.RefinementCtx,
): void {
  if (job.gpus === undefined) {
    if (job.gpuResource === undefined) return;
    context.addIssue({ code: "custom", path: ["gpuResource"], message: "needs gpus, the number of them" });
    return;
  }
  for (const kind of ["requests", "limits"] as const) {
    for (const name of Object.keys(job.resources?.[kind] ?? {})) {
      if (gpuShare(name) === 0 && name !== job.gpuResource) continue;
      const message = "is decided by gpus; leave one of them out";
      context.addIssue({ code: "custom", path: ["resources", kind, name], message });
    }
  }
}

/** GPUs of a workload. */
export const gpus = {
  gpus: z.int32().min(1).optional().describe("GPUs of each pod, which then runs on the GPU nodes only. Default: none."),
  gpuResource: GpuResource.optional().describe(
    `Resource that is requested for \`gpus\`, such as \`nvidia.com/mig-1g.5gb\`. Default: that of \`gpuPool\`, else ${defaults.gpuPool.resource}.`,
  ),
};
