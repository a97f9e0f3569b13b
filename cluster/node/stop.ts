import { execa } from "execa";
import { isAlive, type ProcessIdentity } from "../../common/processes.ts";
import { waitFor } from "../../common/wait.ts";
import { removeCgroups } from "./cgroups.ts";
import { hostInterface, type NodePaths } from "./layout.ts";
import { machineOwner } from "./machine.ts";
import { removeRecord, runningNode } from "./record.ts";

/** How long the supervisor may take to end, in milliseconds, before it is killed. */
const STOP_TIMEOUT = 10_000;

/**
 * Stops the node and removes what it added to the machine: processes, mounts and rules disappear with the namespaces, the
 * interface and the cgroups are removed here. Does nothing if no node runs. Returns what could not be removed, as lines to show.
 */
export async function stopNode(paths: NodePaths): Promise<string[]> {
  const supervisor = await findSupervisor(paths);
  if (supervisor) {
    const ended = () => (isAlive(supervisor) ? undefined : true);
    process.kill(supervisor.pid, "SIGTERM");
    if (!(await waitFor(ended, { interval: 50, timeout: STOP_TIMEOUT }))) {
      process.kill(supervisor.pid, "SIGKILL");
      await waitFor(ended, { interval: 50 });
    }
  }
  await removeRecord(paths);
  // Interface and cgroup belong to whichever node runs on this machine.
  if ((await machineOwner()) !== undefined) return [];
  await execa("ip", ["link", "delete", hostInterface], { reject: false });
  const left = await removeCgroups(10_000);
  return left.map((folder) => `${folder} is still in use: a process of the node has not ended`);
}

/** The supervisor of the node with this state folder, even if the folder has been deleted while the node ran. */
async function findSupervisor(paths: NodePaths): Promise<ProcessIdentity | undefined> {
  const record = await runningNode(paths);
  if (record) return record.supervisor;
  const owner = await machineOwner();
  return owner?.state === paths.state ? owner.supervisor : undefined;
}
