import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { writeArchive } from "../../../cluster/images/archive.ts";
import { debootstrap } from "../../../cluster/images/base.ts";
import { importImage, listImages } from "../../../cluster/node/images.ts";
import { nodePaths } from "../../../cluster/node/layout.ts";
import { runningNode } from "../../../cluster/node/record.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import { acquireLock } from "../../../common/file-lock.ts";
import { cacheDirectory } from "../../../common/paths.ts";

/** An image as another team would build it: Debian packages and files of their own. */
export interface OwnImage {
  /** Repository of the reference; the tag is a hash of the content. */
  readonly repository: string;
  /** Debian packages, with what they depend on. */
  readonly packages: readonly string[];
  /** Files that are copied to `/app`. */
  readonly files: readonly string[];
  /** What the image runs. */
  readonly command: readonly string[];
}

/**
 * Makes sure that a node has an image.
 *
 * @param state the state folder of the node
 * @returns the image's reference
 */
export async function ensureOwnImage(
  { repository, packages, files, command }: OwnImage,
  state: string,
): Promise<string> {
  const contents = await Promise.all(files.map((file) => readFile(file, "utf8")));
  const key = hash(JSON.stringify([packages, files.map((file) => path.basename(file)), contents, command]));
  const reference = `${repository}:${key}`;
  const record = await runningNode(nodePaths(state));
  if (record === undefined) throw new Error("no node is running");
  const { containerd } = toolchainFolders();
  if ((await listImages(containerd, record.init)).has(reference)) return reference;
  const root = await rootOf(packages);
  const work = await mkdtemp(path.join(state, "image-"));
  try {
    await mkdir(path.join(root, "app"), { recursive: true });
    for (const file of files) await copyFile(file, path.join(root, "app", path.basename(file)));
    const config = {
      Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"],
      WorkingDir: "/app",
      Cmd: command,
      User: "1000",
    };
    const archive = await writeArchive({ reference, folder: root, entries: ["."], config }, work);
    await importImage(containerd, record.init, archive);
  } finally {
    await rm(path.join(root, "app"), { recursive: true, force: true });
    await rm(work, { recursive: true, force: true });
  }
  return reference;
}

/** A root file system of Debian packages, built once and kept in the cache. */
async function rootOf(packages: readonly string[]): Promise<string> {
  const folder = path.join(cacheDirectory(), "images", "own");
  const root = path.join(folder, hash(packages.join(" ")));
  await mkdir(folder, { recursive: true });
  const release = acquireLock(path.join(folder, "lock"));
  const work = await mkdtemp(path.join(folder, "making-"));
  try {
    if (existsSync(root)) return root;
    await debootstrap(path.join(work, "root"), packages, "essential");
    await rename(path.join(work, "root"), root);
  } finally {
    await rm(work, { recursive: true, force: true });
    release();
  }
  return root;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
