import { chmod, mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./layout.ts";
import { temporaryName } from "./owner.ts";

/** Other pods of the same group must be able to read the files, whatever the umask of the writer. */
const FILE_MODE = 0o644;
const DIRECTORY_MODE = 0o755;
const SETGID = 0o2000;

/**
 * Makes a directory and its missing parents with mode 0755, and setgid below a setgid directory (a volume with fsGroup). One
 * by one, because Node's option `recursive` reports a read-only volume as a missing directory.
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
  // chmod without the bit would remove the inherited setgid.
  await chmod(directory, DIRECTORY_MODE | ((await stat(parent)).mode & SETGID));
}

/** Writes a new file with mode 0644 and syncs it to disk. Fails if the file exists; removes the file after an error. */
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

/** Replaces the content of a file atomically and durably. */
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

/** Syncs the entries of a directory to disk, so that a rename in it survives a power failure. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
