import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./layout.ts";
import { temporaryName } from "./owner.ts";

/** The volume's files are read by other pods of the same group, whatever the writer's umask. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const SETGID = 0o2000;

/**
 * Makes a directory and its missing parents, 0755; below a setgid directory (a volume with fsGroup) setgid too. One by
 * one, because Node's own `recursive` reports a read-only volume as a missing directory.
 */
export async function makeDirectory(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  try {
    await mkdir(directory);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" && parent !== directory) {
      await makeDirectory(parent);
      return makeDirectory(directory);
    }
    if (code === "EEXIST" && (await stat(directory)).isDirectory()) return;
    if (code === "EROFS" && (await stat(directory).catch(() => undefined))?.isDirectory()) return;
    throw error;
  }
  // chmod without the bit would take away what the volume's directory passed on.
  await chmod(directory, DIRECTORY_MODE | ((await stat(parent)).mode & SETGID));
}

/** Writes a new file, 0644, and waits until it is on the disk. Fails where the file exists; leaves nothing on a fault. */
export async function writeDurably(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, "wx", FILE_MODE);
  try {
    await handle.writeFile(content);
    await handle.chmod(FILE_MODE);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Puts a whole new content in a file's place in one step: readers see the old one or the new one. */
export async function replaceDurably(file: string, content: Uint8Array | string): Promise<void> {
  const directory = path.dirname(file);
  const temporary = path.join(directory, temporaryName(TEMPORARY_PREFIX, path.basename(file)));
  try {
    await writeDurably(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(directory);
}

/** Waits until a directory's entries are on the disk, so that a rename in it survives a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
