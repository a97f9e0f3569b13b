import { join } from "node:path";
import { execa } from "execa";

/** Runs ctr against the node's containerd, whose socket exists only in the node's mount namespace. */
async function ctr(containerdFolder: string, init: number, args: readonly string[]): Promise<string> {
  const socket = ["--address", "/run/containerd/containerd.sock", "--namespace", "k8s.io"];
  const inside = ["--target", String(init), "--mount", "--"];
  const { stdout } = await execa("nsenter", [...inside, join(containerdFolder, "ctr"), ...socket, ...args]);
  return stdout;
}

/** References of the images the node has. `init` is its first process. */
export async function listImages(containerdFolder: string, init: number): Promise<ReadonlySet<string>> {
  return new Set((await ctr(containerdFolder, init, ["images", "list", "--quiet"])).split("\n"));
}

/** Imports a docker-archive or OCI archive (absolute path) into the node. */
export async function importImage(containerdFolder: string, init: number, archive: string): Promise<void> {
  await ctr(containerdFolder, init, ["images", "import", archive]);
}

/** Removes images from the node; containerd then deletes the layers that no other image uses. */
export async function removeImages(
  containerdFolder: string,
  init: number,
  references: readonly string[],
): Promise<void> {
  if (references.length > 0) await ctr(containerdFolder, init, ["images", "remove", ...references]);
}
