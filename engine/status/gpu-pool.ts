import type { LiveObject } from "../../cluster/kubectl.ts";
import { gpuShare } from "../../components/platform/gpu-pool.ts";
import { valueAt } from "./fields.ts";

type Labels = Readonly<Record<string, string>>;
type Container = { readonly resources?: { readonly limits?: Labels } };

/**
 * What a pending pod with GPUs waits for: which resource, on the nodes of which pool, and what these have; undefined for a pod
 * without GPUs.
 *
 * @param context the cluster's nodes among others. @default nothing is said of the nodes
 */
export function waitsForGpus(pod: LiveObject, context: readonly LiveObject[]): string | undefined {
  const [wanted] = gpusOf(pod);
  if (wanted === undefined) return undefined;
  const [resource, amount] = wanted;
  const selector = (valueAt(pod, "spec.nodeSelector") ?? {}) as Labels;
  const labels = Object.entries(selector).map(([name, value]) => `${name}=${value}`);
  const pool = labels.length === 0 ? "any node" : `the GPU node pool ${labels.join(",")}`;
  return `it waits for ${amount} ${resource} of ${pool}${stateOf(nodesOf(selector, context), resource, amount)}`;
}

/** The GPUs that the pod requests, by resource. */
function gpusOf(pod: LiveObject): [string, number][] {
  const containers = (valueAt(pod, "spec.containers") ?? []) as readonly Container[];
  const limits = containers.flatMap(({ resources }) => Object.entries(resources?.limits ?? {}));
  const sums = new Map<string, number>();
  for (const [name, amount] of limits) {
    if (gpuShare(name) > 0) sums.set(name, (sums.get(name) ?? 0) + Number(amount));
  }
  return [...sums];
}

/** The nodes with the labels; undefined if no nodes are known. */
function nodesOf(selector: Labels, context: readonly LiveObject[]): readonly LiveObject[] | undefined {
  const nodes = context.filter(({ kind }) => kind === "Node");
  if (nodes.length === 0) return undefined;
  const wanted = Object.entries(selector);
  return nodes.filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
}

function stateOf(nodes: readonly LiveObject[] | undefined, resource: string, amount: number): string {
  const add = "add a node with a free GPU, labeled and tainted as gpuPool of the stack file says, or wait for one";
  if (nodes === undefined) return `: ${add}`;
  if (nodes.length === 0) return `, which has no node: ${add}`;
  const counts = nodes.map((node) => ({
    name: node.metadata.name,
    count: Number(((valueAt(node, "status.allocatable") ?? {}) as Labels)[resource] ?? 0),
    closed: valueAt(node, "spec.unschedulable") === true,
  }));
  const names = (some: readonly { readonly name: string }[]) => some.map(({ name }) => name).join(", ");
  const offering = counts.filter(({ count }) => count > 0);
  if (offering.length === 0) {
    return `, whose nodes (${names(counts)}) offer none: look at the device plugin there, and at the driver`;
  }
  const open = offering.filter(({ closed }) => !closed);
  if (open.length === 0) return `, whose nodes (${names(offering)}) are cordoned: kubectl uncordon one`;
  if (open.every(({ count }) => count < amount)) {
    const most = Math.max(...open.map(({ count }) => count));
    return `, whose nodes have ${most} at most: request fewer, or add a larger node`;
  }
  return `, whose nodes (${names(open)}) have none free, or do not fit the pod otherwise: ${add}`;
}
