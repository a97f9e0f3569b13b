import { milliUnits } from "./quantity.ts";

/**
 * The API server's rules for names and amounts of resources, and names that it accepts and never counts.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */
const CONTAINER_RESOURCES = ["cpu", "memory", "ephemeral-storage"];

/** Names in a quota that have no domain. */
const QUOTA_RESOURCES = [
  ...CONTAINER_RESOURCES,
  ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  ...["requests.storage", "persistentvolumeclaims", "pods", "services", "services.nodeports", "services.loadbalancers"],
  ...["replicationcontrollers", "resourcequotas", "secrets", "configmaps"],
];

/** What people write for the names of resources. */
const MEANT: Readonly<Record<string, string>> = {
  cpus: "cpu",
  cores: "cpu",
  mem: "memory",
  ram: "memory",
  gpu: "nvidia.com/gpu",
  gpus: "nvidia.com/gpu",
  storage: "ephemeral-storage",
  disk: "ephemeral-storage",
};

const QUALIFIED = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const HUGE_PAGES = /^hugepages-[0-9]+(Ki|Mi|Gi)$/;

/** Quotas on storage classes and devices, whose domain begins with the name of the class. */
const OF_A_CLASS = /\.(storageclass\.storage|deviceclass\.resource)\.k8s\.io\//;

/** Resources of a device plugin or of the administrator, which have a domain of their own. */
export function isExtendedResource(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}

/** Whether the limit of a resource must equal its request: it cannot be shared. */
export function isUnshared(name: string): boolean {
  return isExtendedResource(name) || name.startsWith("hugepages-");
}

/** What is wrong with the name of a container's resource; undefined if nothing is. */
export function containerResourceProblem(name: string): string | undefined {
  if (CONTAINER_RESOURCES.includes(name) || HUGE_PAGES.test(name)) return undefined;
  if (QUALIFIED.test(name) && !name.startsWith("requests.") && !name.startsWith("limits.")) return undefined;
  const known = "take cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu";
  return `is no resource of a container; ${hint(name) ?? known}`;
}

/** What is wrong with the name of a quota's limit, or why it would never be enforced; undefined if nothing is. */
export function quotaResourceProblem(name: string): string | undefined {
  const [, kind = "", resource = name] = /^(requests|limits)\.(.+)$/.exec(name) ?? [];
  if (QUOTA_RESOURCES.includes(name)) return undefined;
  if (HUGE_PAGES.test(resource) && kind !== "limits") return undefined;
  if (!QUALIFIED.test(name)) {
    const meant = MEANT[resource];
    const remedy =
      meant === undefined
        ? "take one such as requests.cpu, limits.memory, pods or requests.nvidia.com/gpu"
        : `did you mean ${kind || "requests"}.${meant}?`;
    return `is no resource of a quota; ${remedy}`;
  }
  if (name.startsWith("count/") || OF_A_CLASS.test(name) || kind !== "") return undefined;
  return `is never enforced: of a resource with a domain a quota counts the requests; write requests.${name}`;
}

function hint(name: string): string | undefined {
  const meant = MEANT[name.toLowerCase()] ?? CONTAINER_RESOURCES.find((known) => known === name.toLowerCase());
  return meant === undefined ? undefined : `did you mean ${meant}?`;
}

/** Bytes below which an amount without a unit is a slip: no container runs in less. */
const LEAST_BYTES = 2 ** 20;

/** More CPUs than any machine has. */
const MOST_CPUS = 10_000;

/**
 * What is wrong with an amount of a resource; undefined if nothing is.
 *
 * @param resource its name, in a quota with `requests.` or `limits.` before it
 */
export function amountProblem(resource: string, quantity: string): string | undefined {
  const name = resource.replace(/^(requests|limits)\./, "");
  const value = milliUnits(quantity);
  if (isBytes(name)) return bytesProblem(quantity, value);
  if (name === "cpu") {
    return value > MOST_CPUS * 1000 ? `${quantity} is ${value / 1000} CPUs; write 500m for half a CPU` : undefined;
  }
  return value % 1000 === 0 ? undefined : `${quantity} is not a whole number; ${name} cannot be divided`;
}

function isBytes(name: string): boolean {
  return /^(memory|ephemeral-storage|storage|hugepages-.+)$/.test(name) || /\/requests\.storage$/.test(name);
}

function bytesProblem(quantity: string, milliBytes: number): string | undefined {
  const [number = ""] = /^[0-9.]+/.exec(quantity) ?? [];
  if (milliBytes % 1000 !== 0) return `${quantity} is a fraction of a byte; did you mean ${number}Mi?`;
  const plain = quantity === number;
  if (!plain || milliBytes === 0 || milliBytes / 1000 >= LEAST_BYTES) return undefined;
  return `${quantity} is ${quantity} bytes; did you mean ${number}Mi or ${number}Gi?`;
}
