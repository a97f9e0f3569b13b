import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "../../common/wait.ts";
import { cgroupName } from "./layout.ts";

const mountPoint = "/sys/fs/cgroup";
/** On a cgroup v2 host, the controllers that the kubelet enables for pods. */
const unifiedControllers = "+cpu +cpuset +memory +pids +io";

/** The folder of every cgroup hierarchy in a mount table (text of /proc/mounts). */
export function hierarchies(mounts: string): string[] {
  const found = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, point, type]) => point?.startsWith(mountPoint) && (type === "cgroup" || type === "cgroup2"))
    .map(([, point]) => point ?? "");
  return [...new Set(found)];
}

const ours = () =>
  hierarchies(readFileSync("/proc/mounts", "utf8")).map((root) => ({ root, folder: join(root, cgroupName) }));

/** Creates the cgroup for the kubelet's pods in every hierarchy of the machine. */
export async function createCgroups(): Promise<void> {
  for (const { root, folder } of ours()) {
    await mkdir(folder, { recursive: true });
    if (existsSync(join(folder, "cpuset.cpus")) && !existsSync(join(root, "cgroup.controllers"))) {
      // A v1 cpuset starts empty and takes no process until it is filled in.
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        await writeFile(join(folder, file), await readFile(join(root, file), "utf8"));
      }
    }
    if (root === mountPoint) {
      await writeFile(join(root, "cgroup.subtree_control"), unifiedControllers).catch(() => undefined);
      await writeFile(join(folder, "cgroup.subtree_control"), unifiedControllers).catch(() => undefined);
    }
  }
}

/**
 * Removes our cgroups, depth first. Repeats until the kernel has released processes that have just ended.
 * Returns the folders it could not remove within `timeout` milliseconds.
 */
export async function removeCgroups(timeout = 5000): Promise<string[]> {
  let left: string[] = [];
  const remove = async () => {
    left = [];
    for (const { folder } of ours()) {
      await removeTree(folder);
      if (existsSync(folder)) left.push(folder);
    }
    return left.length === 0 ? true : undefined;
  };
  await waitFor(remove, { interval: 50, timeout });
  return left;
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  await rmdir(folder).catch(() => undefined);
}
