import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Magic number of overlayfs, on which no overlay can be mounted. */
const overlayMagic = 0x794c7630;

/**
 * Runs buildah with `args` on the storage in the folder `storage`, and passes its output to `report` line by line.
 *
 * @param signal ends it and everything that it runs
 * @throws execa's error
 */
export async function buildah(
  storage: string,
  args: readonly string[],
  report: (line: string) => void = () => undefined,
  signal?: AbortSignal,
): Promise<void> {
  const driver = (await statfs(storage)).type === overlayMagic ? "vfs" : "overlay";
  const where = ["--root", join(storage, "root"), "--runroot", join(storage, "run"), "--storage-driver", driver];
  // In its own mount namespace: the mounts of the storage disappear with it, however it ends.
  const command = ["--mount", "--kill-child", "--fork", "buildah", ...where, ...args];
  const process = execa("unshare", command, { all: true, ...(signal && { cancelSignal: signal }) });
  process.catch(() => undefined);
  for await (const line of process.iterable({ from: "all" })) {
    if (line.trim() !== "") report(line.trim());
  }
  await process;
}

/** Age at which a build's intermediate stages are removed. */
const STAGE_HOURS = 30 * 24;

/**
 * Removes the images of `repository` other than `keep`, but no layers of `keep`, and old intermediate stages. Errors are
 * ignored: they cost only disk space.
 */
export async function removeOtherImages(storage: string, repository: string, keep: string): Promise<void> {
  const tagged = await listImages(storage, ["--format", "{{.Name}}:{{.Tag}}", "--filter", `reference=${repository}`]);
  const others = tagged.filter((reference) => reference.startsWith(`${repository}:`) && reference !== keep);
  const stages = await listImages(storage, [
    "--quiet",
    "--filter",
    "dangling=true",
    "--filter",
    `until=${STAGE_HOURS}h`,
  ]);
  const unused = [...others, ...stages];
  if (unused.length > 0) await buildah(storage, ["rmi", ...unused]).catch(() => undefined);
}

async function listImages(storage: string, flags: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  await buildah(storage, ["images", "--noheading", ...flags], (line) => found.push(line)).catch(() => undefined);
  return found;
}
