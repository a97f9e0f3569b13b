import { z } from "zod";
import { KubernetesName, VariableName } from "./values.ts";

/** Secrets of the stack, by name. */
export const SecretsConfig = z
  .record(
    KubernetesName,
    z.strictObject({
      name: KubernetesName.optional().describe("Fixed name of the Secret. Default: named by Pulumi."),
      data: z
        .record(
          VariableName,
          z
            .union(
              [
                z.strictObject({ random: z.strictObject({ length: z.int().min(16).max(256).optional() }) }),
                z.strictObject({ config: z.string().min(1) }),
              ],
              { error: "must be {random: {length: 32}} or {config: <key of a `pulumi config set --secret` value>}" },
            )
            .meta({ title: "`{random: {length: 32}}` or `{config: key}`" }),
        )
        .describe("Values by key: made up once, or taken from a `pulumi config set --secret` value."),
    }),
  )
  .describe("Secrets by name: values generated once, or taken from secret configuration.");
