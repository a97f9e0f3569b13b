import { addSimulatedNode, type SimulatedNode } from "../../tools/simulated-node.ts";
import type { Cluster } from "./cluster.ts";

/** A simulated node with one GPU. */
export interface GpuNode extends SimulatedNode {
  /** Makes the node schedulable. */
  open(): Promise<void>;
}

/**
 * Adds a node with one GPU. It is unschedulable at first, so that no pods of other suites are placed there before it is
 * tainted.
 */
export async function addGpuNode({ kubectl }: Cluster, name: string): Promise<GpuNode> {
  const node = await addSimulatedNode(kubectl, name, {
    capacity: { cpu: "8", memory: "32Gi", pods: "110", "nvidia.com/gpu": "1" },
    // A taint that belongs to another owner, which the stack must not remove.
    taints: [{ key: "example.com/reserved", value: "yes", effect: "PreferNoSchedule" }],
    unschedulable: true,
  });
  return { ...node, open: async () => void (await kubectl.run(["uncordon", name])) };
}
