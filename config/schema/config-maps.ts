import { z } from "zod";
import { DataKey, KubernetesName, ObjectName } from "./values.ts";

/** ConfigMaps that several workloads share, by name. */
export const ConfigMapsConfig = z
  .record(
    KubernetesName,
    z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the ConfigMap. Default: named by Pulumi."),
        data: z
          .record(DataKey, z.union([z.string(), z.number(), z.boolean()]).transform(String))
          .optional()
          .describe(
            "Values by key: names of variables, or of files such as `app.yaml` for `files`; a change rolls the pods that take them. Set this or existing.",
          ),
        existing: ObjectName.optional().describe(
          "Name of a ConfigMap that is there already; its keys are not checked. Set this or data.",
        ),
      })
      .refine(({ data, existing }) => (data === undefined) !== (existing === undefined), {
        error: "takes exactly one of data and existing",
      })
      .refine(({ name, existing }) => name === undefined || existing === undefined, {
        path: ["name"],
        error: "is for a ConfigMap that the stack creates, and existing names another; leave one of them out",
      })
      .transform(({ data = {}, existing, ...created }) =>
        existing === undefined ? { ...created, data } : { existing },
      ),
  )
  .describe("ConfigMaps by name, for versions and Jobs to take their environment or files from.");
