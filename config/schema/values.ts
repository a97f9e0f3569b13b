import { z } from "zod";
import { MODEL_NAME, MODEL_NAME_LENGTH, MODEL_VERSION } from "../../apps/registry/layout.ts";
import { isNetworkAddress } from "../../components/kubernetes/cidr.ts";
import { milliUnits, QUANTITY } from "../../components/kubernetes/quantity.ts";
import {
  amountProblem,
  containerResourceProblem,
  isExtendedResource,
  isUnshared,
  quotaResourceProblem,
} from "../../components/kubernetes/resource-rules.ts";
import { isFineEnough, WEIGHT_DECIMALS } from "../../components/traffic/weights.ts";

/** A name that is valid as a DNS label in Kubernetes. */
export const KubernetesName = z
  .string()
  .max(63, "is longer than 63 characters")
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be lower-case letters, digits and '-', such as 'model-v1'")
  .meta({ title: "name" });

const NO_QUANTITY = "must be a Kubernetes quantity such as 500m, 1Gi or 4";

/** A Kubernetes quantity such as `500m`, `1Gi` or 4; a number is read as written. */
export const Quantity = z
  .union(
    [
      z
        .number()
        .nonnegative({ abort: true })
        .transform(String)
        .pipe(z.string().regex(QUANTITY, { abort: true })),
      z.string().regex(QUANTITY, { abort: true }),
    ],
    {
      error: ({ input }) => `${NO_QUANTITY}${quantityHint(input)}`,
    },
  )
  .meta({ title: "quantity" });

/** The quantity that somebody meant who wrote a unit such as `GB` or `mi`. */
function quantityHint(input: unknown): string {
  const [, number = "", unit = ""] = /^([0-9.]+) ?([kmgt])i?b?$/i.exec(String(input)) ?? [];
  return number === "" ? "" : `; did you mean ${number}${unit.toUpperCase()}i?`;
}

/** A size in memory or on a disk. */
export const Size = Quantity.superRefine((size, context) => {
  const message = amountProblem("storage", size);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Quantities by the name of a resource, both checked by the API server's rules. */
function quantitiesOf(nameProblem: (name: string) => string | undefined) {
  return z.record(z.string().min(1), Quantity).superRefine((quantities, context) => {
    for (const [name, quantity] of Object.entries(quantities)) {
      const message = nameProblem(name) ?? amountProblem(name, quantity);
      if (message !== undefined) context.addIssue({ code: "custom", path: [name], message });
    }
  });
}

/** Quantities by the name of a container's resource, such as `cpu`, `memory`, `nvidia.com/gpu`. */
export const Quantities = quantitiesOf(containerResourceProblem);

/** Name of the resource of a device plugin, such as `nvidia.com/gpu`. */
export const GpuResource = z
  .string()
  .refine((name) => isExtendedResource(name) && containerResourceProblem(name) === undefined, {
    error: "must be the resource of a device plugin, such as nvidia.com/gpu, nvidia.com/mig-1g.5gb or amd.com/gpu",
  })
  .meta({ title: "resource" });

/** Limits of a quota by name, such as `requests.cpu`, `pods`. */
export const QuotaQuantities = quantitiesOf(quotaResourceProblem).superRefine((hard, context) => {
  for (const [name, quantity] of Object.entries(hard)) {
    const [, resource = ""] = /^limits\.(.+\/.+)$/.exec(name) ?? [];
    if (resource === "" || milliUnits(hard[`requests.${resource}`] ?? "1E") <= milliUnits(quantity)) continue;
    const message = `is never enforced: a quota counts the requests of ${resource}, which equal its limits; set requests.${resource}`;
    context.addIssue({ code: "custom", path: [name], message });
  }
});

const resources = {
  requests: Quantities.optional().describe("What the container is promised."),
  limits: Quantities.optional().describe("What the container may use at most."),
};

/** Requests and limits of containers that may set more of them. */
export const ResourceDefaults = z.strictObject(resources);

/** Requests and limits of a container. */
export const Resources = ResourceDefaults.superRefine(({ requests = {}, limits = {} }, context) => {
  for (const [name, request] of Object.entries(requests)) {
    if (!isUnshared(name)) continue;
    const limit = limits[name];
    if (limit !== undefined && milliUnits(limit) === milliUnits(request)) continue;
    const message = `is ${limit ?? "missing"}, and the request is ${request}: ${name} is not shared; give both the same amount, or the limit alone`;
    context.addIssue({ code: "custom", path: ["limits", name], message });
  }
});

export const Seconds = z.int32().min(0).meta({ title: "seconds" });
export const Count = z.int32().min(0).meta({ title: "number" });

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
export const Weight = z
  .number()
  .min(0)
  .max(100)
  .refine(isFineEnough, `must have at most ${WEIGHT_DECIMALS} decimals`)
  .meta({ title: "percent" });

/** Version of a model in the registry. */
export const Version = z
  .string()
  .regex(MODEL_VERSION, 'must be a positive integer of at most 15 digits in quotes, such as "2"')
  .meta({ title: "version" });

/** Name of a model in the registry, which Kubernetes takes as the value of a label. */
export const ModelName = z
  .string()
  .max(MODEL_NAME_LENGTH, `is longer than ${MODEL_NAME_LENGTH} characters`)
  .regex(
    MODEL_NAME,
    "must be letters, digits, '-', '_' and '.', with a letter or digit at both ends, such as 'sentiment-classifier'",
  )
  .refine((name) => name !== "registry", "'registry' is reserved for the folder of the registry's index");

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether a key of a ConfigMap or Secret can be the name of an environment variable. */
export function isVariableName(key: string): boolean {
  return VARIABLE.test(key);
}

/** Name of an environment variable. */
export const VariableName = z
  .string()
  .regex(VARIABLE, "must be the name of an environment variable, such as LOG_LEVEL");

/** Hyper-parameters by name. */
export const Parameters = z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]));

/** Name of a label or a taint, with an optional prefix: `nvidia.com/gpu`. */
export const LabelName = z
  .string()
  .regex(
    /^(?:(?=[^/]{1,253}\/)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
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

/** Annotations by name. */
export const Annotations = z.record(LabelName, z.string());

/** Host names and names of objects: labels of letters, digits and `-`, with dots between. */
const DOTTED = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Name of a node, which may have dots. */
export const NodeName = z
  .string()
  .max(253)
  .regex(DOTTED, "must be the name of a node: lower-case letters, digits, '-' and '.'");

/** Name of an object that may have dots, such as a storage class. */
export const ObjectName = z.string().max(253).regex(DOTTED, "must be lower-case letters, digits, '-' and '.'");

/** Name of a Service, which becomes a host name. */
export const ServiceName = KubernetesName.regex(/^[a-z]/, "must begin with a letter, as names of Services do");

/** A host name of requests, with `*.` for every host below it. */
export const HostName = z
  .string()
  .max(253, "is longer than 253 characters")
  .refine((host) => DOTTED.test(host.replace(/^\*\./, "")) && !/^[0-9.]+$/.test(host), {
    error:
      "must be a host name in lower case such as ml.example.com or *.example.com, without scheme, port or path, and no address",
  });

/** Addresses by their prefix, such as `10.0.0.0/8`, in the only form that the API server takes. */
export const Cidr = z
  .union([z.cidrv4(), z.cidrv6()], { error: "must be addresses such as 10.0.0.0/8" })
  .refine(isNetworkAddress, "must be written with the first address of its prefix, such as 10.0.0.0/8")
  .meta({ title: "addresses" });

/** Key of a Secret or ConfigMap. */
export const DataKey = z
  .string()
  .max(253, "is longer than 253 characters")
  .regex(/^[-._A-Za-z0-9]+$/, "must be a key of letters, digits, '-', '_' and '.', such as LOG_LEVEL or app.yaml")
  .refine((key) => key !== "." && !key.startsWith(".."), "is no name of a file: it must not be '.' or begin with '..'");

/** Environment variables taken from keys of Secrets. */
export const SecretReferences = z.record(
  VariableName,
  z.strictObject({ secret: KubernetesName, key: DataKey }).meta({ title: "`{secret, key}`" }),
);

/** A port of a container or a Service. */
export const Port = z
  .int32()
  .min(1, "must be a port, 1–65535")
  .max(65535, "must be a port, 1–65535")
  .meta({ title: "port" });

/** Name of a port of a container. */
export const PortName = z
  .string()
  .max(15, "is longer than 15 characters")
  .regex(/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case letters, digits and '-', such as 'grpc'")
  .refine((name) => name !== "http" && name !== "metrics", "is the name of a port that every version has");

/** Reference of an image, such as `ghcr.io/team/server:1.2`. */
export const ImageReference = z
  .string()
  .regex(
    /^([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]+)?\/)?[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z0-9]+:[0-9a-fA-F]{32,})?$/,
    "must be the reference of an image, such as 'ghcr.io/team/server:1.2': lower case, without https://",
  )
  .meta({ title: "image" });

/** An absolute path in a container, other than its root. */
export const ContainerPath = z
  .string()
  .regex(/^(\/[^/:\s]+)+$/, "must be an absolute path in the container, such as '/models', without / at the end")
  .meta({ title: "path" });

/** Whether a name is in the IANA database of time zones, in its exact spelling: the controllers read it from files. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are not in the database.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    const spelled = [timeZone, ...Intl.supportedValuesOf("timeZone")].find(
      (zone) => zone.toLowerCase() === name.toLowerCase(),
    );
    // Old names such as US/Pacific are resolved to new ones, so their spelling is unknown; each part has a capital.
    return spelled === undefined ? /^[A-Z][^/]*(\/[A-Z][^/]*)*$/.test(name) : spelled === name;
  } catch {
    return false;
  }
}
