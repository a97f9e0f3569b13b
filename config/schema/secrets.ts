import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { DataKey, KubernetesName, ObjectName } from "./values.ts";

const LENGTH = defaults.secrets.randomLength;

const FROM_CONFIG = z.strictObject({ config: z.string().min(1) });

const SecretValue = z
  .union(
    [
      z.strictObject({ random: z.strictObject({ length: z.int32().min(16).max(256).optional() }) }),
      FROM_CONFIG,
      z.strictObject({ value: z.string() }),
    ],
    {
      error: `must be {random: {length: ${LENGTH}}}, {config: <key of a \`pulumi config set --secret\` value>} or {value: <text that is not secret>}`,
    },
  )
  .meta({ title: `\`{random: {length: ${LENGTH}}}\`, \`{config: key}\` or \`{value: text}\`` });

/** Secrets of the stack, by name. */
export const SecretsConfig = z
  .record(
    KubernetesName,
    z
      .strictObject({
        name: KubernetesName.optional().describe("Fixed name of the Secret. Default: named by Pulumi."),
        data: z
          .record(DataKey, SecretValue)
          .optional()
          .describe(
            "Values by key: generated once, taken from a `pulumi config set --secret` value, or plain text that is not secret.",
          ),
        registry: z
          .strictObject({
            server: z.string().min(1).describe("Address of the registry, such as registry.example.com."),
            username: z.string().min(1).describe("User name."),
            password: FROM_CONFIG.meta({ title: "`{config: key}`" }).describe(
              "Key of a `pulumi config set --secret` value.",
            ),
          })
          .optional()
          .describe("Credentials of an image registry, as kubernetes.io/dockerconfigjson. Set this or data."),
        existing: ObjectName.optional().describe(
          "Name of a Secret that is there already, such as one of External Secrets; its keys are not checked. Set this, registry or data.",
        ),
      })
      .refine(
        ({ data, registry, existing }) => [data, registry, existing].filter((one) => one !== undefined).length === 1,
        { error: "takes exactly one of data, registry and existing" },
      )
      .refine(({ name, existing }) => name === undefined || existing === undefined, {
        path: ["name"],
        error: "is for a Secret that the stack creates, and existing names another; leave one of them out",
      }),
  )
  .describe("Secrets by name: values generated once, or taken from secret configuration.");
