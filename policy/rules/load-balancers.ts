import { field, items, UNKNOWN } from "../objects/fields.ts";
import { type KubernetesObject, violation } from "../objects/object.ts";

/** Annotations for a load balancer that is reachable only from the cloud's own network. */
const INTERNAL: Readonly<Record<string, RegExp>> = {
  // AWS: the annotation of the load balancer controller, and the older one, which also accepts a network.
  "service.beta.kubernetes.io/aws-load-balancer-scheme": /^internal$/,
  "service.beta.kubernetes.io/aws-load-balancer-internal": /^(true|0\.0\.0\.0\/0)$/,
  // GKE: the current annotation, and the one before version 1.17.
  "networking.gke.io/load-balancer-type": /^internal$/i,
  "cloud.google.com/load-balancer-type": /^internal$/i,
  // AKS.
  "service.beta.kubernetes.io/azure-load-balancer-internal": /^true$/,
};

/** An annotation with networks, which the cloud controllers read if the spec has none. */
const SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges";

const REMEDY =
  "name the networks that may reach it in spec.loadBalancerSourceRanges, or use the cloud's annotation for an internal load balancer";

/** A load balancer that is reachable from any address of the internet. */
export function loadBalancerViolations(object: KubernetesObject): string[] {
  const { kind, apiVersion, fields } = object;
  if (kind !== "Service" || apiVersion !== "v1" || field(fields, "spec", "type") !== "LoadBalancer") return [];
  if (Object.entries(INTERNAL).some(([name, value]) => mayBe(annotation(object, name), value))) return [];

  const ranges = sourceRanges(object);
  const path = "spec.loadBalancerSourceRanges";
  if (ranges === UNKNOWN) return [];
  if (ranges.length === 0)
    return [violation(object, path, `is missing, so anyone on the internet can connect; ${REMEDY}`)];
  const open = ranges.filter((range) => typeof range === "string" && /\/0+$/.test(range));
  return open.length === 0 ? [] : [violation(object, path, `${open.join(", ")} allows the whole internet; ${REMEDY}`)];
}

/** The networks that may reach a Service, from its spec, else from its annotation. */
function sourceRanges(object: KubernetesObject): readonly unknown[] | typeof UNKNOWN {
  const ranges = field(object.fields, "spec", "loadBalancerSourceRanges");
  if (ranges === UNKNOWN) return UNKNOWN;
  if (items(ranges).length > 0) return items(ranges);
  const annotated = annotation(object, SOURCE_RANGES);
  if (annotated === UNKNOWN) return UNKNOWN;
  return String(annotated ?? "")
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
}

function annotation({ fields }: KubernetesObject, name: string): unknown {
  return field(fields, "metadata", "annotations", name);
}

/** Whether a value is the wanted one, or not known yet. */
function mayBe(value: unknown, wanted: RegExp): boolean {
  return value === UNKNOWN || (typeof value === "string" && wanted.test(value));
}
