import { rm } from "node:fs/promises";
import { execa } from "execa";
import { removeCgroups } from "./cgroups.ts";
import { hostInterface, type NodePaths } from "./layout.ts";
import { machineOwner } from "./machine.ts";
import { isAlive } from "./processes.ts";
import { runningKeeper } from "./record.ts";

/**
 * Stops the node and removes what it had on the machine: processes, mounts and rules go with the namespaces, the interface
 * and the cgroups are removed here. Does nothing where nothing runs. Returns what could not be removed, as lines to show.
 */
export async function stopNode(paths: NodePaths): Promise<string[]> {
  const record = await runningKeeper(paths.keeperRecord);
  if (record) {
    process.kill(record.keeper.pid, "SIGTERM");
    const killAt = Date.now() + 10_000;
    let killed = false;
    while (isAlive(record.keeper)) {
      if (!killed && Date.now() > killAt) {
        process.kill(record.keeper.pid, "SIGKILL");
        killed = true;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await rm(paths.keeperRecord, { force: true });
  // Interface and cgroup belong to whichever node runs on this machine.
  if ((await machineOwner()) !== undefined) return [];
  await execa("ip", ["link", "delete", hostInterface], { reject: false });
  const left = await removeCgroups(10_000);
  return left.map((folder) => `${folder} is still in use: a process of the node has not ended`);
}
