import { z } from "zod";
import { LabelName, LabelValue } from "../values.ts";

const ObjectName = z
  .string()
  .max(253, "is longer than 253 characters")
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9.:_]*[A-Za-z0-9])?$/, "must be the name of an object, such as 'fraud-v1'")
  .meta({ title: "name" });

const KindName = z
  .string()
  .regex(/^[A-Z][A-Za-z0-9]*$/, "must be a kind, such as Deployment")
  .meta({ title: "kind" });

/** Changes of objects that the stack creates. */
export const PatchesConfig = z
  .array(
    z.strictObject({
      target: z
        .strictObject({
          kind: KindName.describe("Kind of the object, such as Deployment."),
          name: ObjectName.describe("Its fixed name, or its name in `npm run render` without the hash at the end."),
          namespace: ObjectName.optional().describe("Its namespace. Default: any."),
        })
        .describe("The object."),
      patch: z
        .record(z.string(), z.unknown())
        .meta({ title: "piece of the object" })
        .describe(
          "Merged over the object by Kubernetes' rules for strategic merge patches, or as a JSON merge patch for custom kinds; `null` takes a field away.",
        ),
    }),
  )
  .describe(
    "Changes of objects that the stack creates, for what no setting reaches. A patch without its object is an error. Quota, cost and the other checks do not see them. Default: none.",
  );

/** Objects that the stack creates besides its own. */
export const ExtraObjectsConfig = z
  .array(
    z.looseObject({
      apiVersion: z
        .string()
        .regex(
          /^([a-z0-9.-]+\/)?v[0-9]+((alpha|beta)[0-9]+)?$/,
          "must be an API version, such as v1 or keda.sh/v1alpha1",
        )
        .describe("Version of the API, such as `v1`."),
      kind: KindName.describe("Kind of the object."),
      metadata: z
        .looseObject({
          name: ObjectName.describe("Name of the object."),
          namespace: z
            .union([z.literal(""), ObjectName])
            .meta({ title: "name" })
            .optional()
            .describe('Default: that of the stack; `""` for a custom kind that belongs to no namespace.'),
          labels: z.record(LabelName, LabelValue).optional().describe("Labels of the object."),
          annotations: z.record(LabelName, z.string()).optional().describe("Annotations of the object."),
        })
        .describe("Name, namespace, labels and annotations."),
    }),
  )
  .describe("Kubernetes objects of any kind that the stack creates besides its own. Default: none.");
