import { z } from "zod";
import { KubernetesName, VariableName } from "./values.ts";

/** ConfigMaps that several workloads share, by name. */
export const ConfigMapsConfig = z
  .record(
    KubernetesName,
    z.strictObject({
      name: KubernetesName.optional().describe("Fixed name of the ConfigMap. Default: named by Pulumi."),
      data: z
        .record(VariableName, z.union([z.string(), z.number(), z.boolean()]).transform(String))
        .describe("Values by key; a change rolls the pods that take them."),
    }),
  )
  .describe("ConfigMaps by name, for versions and Jobs to take their environment from.");
