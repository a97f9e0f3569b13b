import { field } from "../objects/fields.ts";
import { type KubernetesObject, violation } from "../objects/object.ts";
import { containersOf } from "../objects/pods.ts";

/** What a container has to set. A CPU limit is not required, since it only keeps a container from using idle time. */
const WANTED = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

/** Containers without requests for CPU and memory or without a memory limit. Ephemeral containers cannot have any. */
export function resourceViolations(object: KubernetesObject): string[] {
  const containers = containersOf(object).filter(({ list }) => list !== "ephemeralContainers");
  return containers.flatMap(({ path, fields }) =>
    WANTED.flatMap(([bound, resource]) => {
      const resources = field(fields, "resources");
      const limit = field(resources, "limits", resource);
      // If only the limit is set, Kubernetes uses it as the request.
      const value = field(resources, bound, resource) ?? (isZero(limit) ? undefined : limit);
      const where = `${path}.resources.${bound}.${resource}`;
      if (value === undefined || value === null) {
        return object.patch ? [] : [violation(object, where, `is missing; set ${example(resource)}`)];
      }
      return isZero(value) ? [violation(object, where, `${value} stands for none; set ${example(resource)}`)] : [];
    }),
  );
}

function isZero(value: unknown): value is string | number {
  return (typeof value === "string" || typeof value === "number") && Number.parseFloat(String(value)) === 0;
}

function example(resource: "cpu" | "memory"): string {
  return resource === "cpu" ? "what the container needs, such as 100m" : "what the container needs, such as 256Mi";
}
