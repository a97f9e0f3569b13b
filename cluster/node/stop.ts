import { rm } from "node:fs/promises";
import { execa } from "execa";
import { removeCgroups } from "./cgroups.ts";
import { hostInterface, type NodePaths } from "./layout.ts";
import { machineOwner } from "./machine.ts";
import { isAlive, type ProcessIdentity } from "./processes.ts";
import { runningKeeper } from "./record.ts";

/**
 * Stops the node and removes what it had on the machine: processes, mounts and rules go with the namespaces, the interface
 * and the cgroups are removed here. Does nothing where nothing runs. Returns what could not be removed, as lines to show.
 */
export async function stopNode(paths: NodePaths): Promise<string[]> {
  const keeper = await findKeeper(paths);
  if (keeper) {
    process.kill(keeper.pid, "SIGTERM");
    const killAt = Date.now() + 10_000;
    let killed = false;
    while (isAlive(keeper)) {
      if (!killed && Date.now() > killAt) {
        process.kill(keeper.pid, "SIGKILL");
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

/** The keeper of a state folder's node, also where the folder has been deleted under it. */
async function findKeeper(paths: NodePaths): Promise<ProcessIdentity | undefined> {
  const record = await runningKeeper(paths.keeperRecord);
  if (record) return record.keeper;
  const owner = await machineOwner();
  return owner?.state === paths.state ? owner.keeper : undefined;
}
