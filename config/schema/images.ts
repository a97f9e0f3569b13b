import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { ImageReference, KubernetesName } from "./values.ts";

/** A registry and a path in it, as image references begin: `registry.example.com:5000/team/ml`. */
const REGISTRY = /^[a-z0-9]+([._-][a-z0-9]+)*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

const pods = {
  pullPolicy: z
    .enum(["IfNotPresent", "Always", "Never"])
    .optional()
    .describe("When a node pulls. Default: Kubernetes' own."),
  pullSecret: z
    .union([KubernetesName, z.array(KubernetesName).min(1, "needs a name; leave it out for none")])
    .meta({ title: "name or list of names" })
    .optional()
    .describe("Name under `secrets` of the registry's credentials, or several. Default: none."),
};

/** Where the images come from. */
export const Images = z
  .union(
    [
      z.strictObject({
        registry: z.string().min(1).describe("Where the built images are pushed, such as registry.example.com/team."),
        combined: z
          .boolean()
          .optional()
          .describe(`Build one image that serves, trains and scores. Default: ${defaults.images.combined}.`),
        ...pods,
      }),
      z.strictObject({
        inference: ImageReference.optional().describe(
          "Reference of the inference server's image. Default: none, for a stack whose versions all have an `image`.",
        ),
        trainer: ImageReference.optional().describe(
          "Reference of the trainer's image; one image may contain both. Default: none, for a stack whose Jobs all have an `image`.",
        ),
        ...pods,
      }),
    ],
    { error: "must be {registry: <where built images are pushed>} or {inference: <reference>, trainer: <reference>}" },
  )
  .refine((images) => !("registry" in images) || REGISTRY.test(images.registry), {
    path: ["registry"],
    error: "must be a registry and a path in lower case, without https:// and without / at the end",
  })
  .describe(
    "The registry that the built images are pushed to, or references of ready images; a stack with images of its own everywhere needs none.",
  );
