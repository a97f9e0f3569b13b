import { z } from "zod";

/** A name that is valid as a DNS label in Kubernetes. */
export const KubernetesName = z
  .string()
  .max(63, "is longer than 63 characters")
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and '-', such as 'model-v1'")
  .meta({ title: "name" });

const QUANTITY = "must be a Kubernetes quantity such as 500m, 1Gi or 4";

/** A Kubernetes quantity such as `500m`, `1Gi` or 4; a number is read as written. */
export const Quantity = z
  .union(
    [
      z.number().nonnegative(QUANTITY).transform(String),
      z.string().regex(/^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/, QUANTITY),
    ],
    { error: QUANTITY },
  )
  .meta({ title: "quantity" });

/** Quantities by resource name, such as `cpu`, `memory`, `nvidia.com/gpu`. */
export const Quantities = z.record(z.string().min(1), Quantity);

/** Requests and limits of a container. */
export const Resources = z.strictObject({
  requests: Quantities.optional().describe("What the container is promised."),
  limits: Quantities.optional().describe("What the container may use at most."),
});

export const Seconds = z.int().min(0).meta({ title: "seconds" });
export const Count = z.int().min(0).meta({ title: "number" });

const COUNT_OR_PERCENT = 'must be a number of pods such as 1, or a share of them such as "25%"';

/** A number of pods, or a share of them such as "25%". */
export const CountOrPercent = z
  .union([Count, z.string().regex(/^(100|[1-9]?[0-9])%$/, COUNT_OR_PERCENT)], { error: COUNT_OR_PERCENT })
  .meta({ title: "number or share" });

/** A size in bytes as a Kubernetes quantity with a binary suffix, such as `10Mi`. */
export const ByteSize = z
  .string()
  .regex(/^[1-9][0-9]*(Ki|Mi|Gi)$/, "must be a size such as 512Ki or 10Mi")
  .meta({ title: "size" });

/** Percent of the traffic. */
export const Weight = z.int().min(0).max(100).meta({ title: "percent" });

/** Version of a model in the registry. */
export const Version = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/, 'must be a positive integer in quotes, such as "2"')
  .meta({ title: "version" });

/** Name of a model in the registry. */
export const ModelName = z
  .string()
  .max(53, "is longer than 53 characters")
  .regex(
    /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits, '-' and '_', such as 'sentiment-classifier'",
  )
  .refine((name) => name !== "registry", "'registry' is reserved for the folder of the registry's index");

/** Name of an environment variable. */
export const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable, such as LOG_LEVEL");

/** Hyper-parameters by name. */
export const Parameters = z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]));

/** Name of a label or a taint, with an optional prefix: `nvidia.com/gpu`. */
export const LabelName = z
  .string()
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "must be the name of a label, such as 'tier' or 'nvidia.com/gpu'",
  );

/** Value of a label. */
export const LabelValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
    "must be the value of a label: at most 63 letters, digits, '-', '_' and '.'",
  );

/** Labels by name. */
export const Labels = z.record(LabelName, LabelValue);

/** Name of a node, which may have dots. */
export const NodeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a node: lower-case letters, digits, '-' and '.'");

/** Environment variables taken from keys of Secrets. */
export const SecretReferences = z.record(
  VariableName,
  z.strictObject({ secret: KubernetesName, key: VariableName }).meta({ title: "`{secret, key}`" }),
);

/** A port of a container or a Service. */
export const Port = z
  .int()
  .min(1, "must be a port, 1–65535")
  .max(65535, "must be a port, 1–65535")
  .meta({ title: "port" });

/** Whether a name is in the IANA database of time zones. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are not in the database.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
