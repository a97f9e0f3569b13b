import { addSimulatedNode, type SimulatedNode } from "../../tools/simulated-node.ts";
import type { Cluster } from "./cluster.ts";

/** A simulated node with GPUs. */
export interface GpuNode extends SimulatedNode {
  /** Makes the node schedulable. */
  open(): Promise<void>;
}

/**
 * Adds a node with GPUs. It is unschedulable at first, so that no pods of other suites are placed there before it is tainted.
 *
 * @param gpus what a device plugin offers there. @default 1
 * @param taints taints of other owners. @default one that the stack must not remove
 */
export async function addGpuNode(
  { kubectl }: Cluster,
  name: string,
  gpus = 1,
  taints: readonly object[] = [{ key: "example.com/reserved", value: "yes", effect: "PreferNoSchedule" }],
): Promise<GpuNode> {
  const node = await addSimulatedNode(kubectl, name, {
    capacity: { cpu: "8", memory: "32Gi", pods: "110", ...(gpus === 0 ? {} : { "nvidia.com/gpu": String(gpus) }) },
    taints,
    unschedulable: true,
  });
  return { ...node, open: async () => void (await kubectl.run(["uncordon", name])) };
}
