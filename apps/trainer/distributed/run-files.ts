import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode, TEMPORARY_PREFIX } from "../../registry/index.ts";
import { temporaryName } from "../../registry/owner.ts";

const DIGEST_BYTES = 32;

/** Writes a file into the run's folder atomically, with its SHA-256 in front, so that a reader never gets a part of it. */
export async function putFile(folder: string, name: string, content: Uint8Array): Promise<void> {
  const temporary = path.join(folder, temporaryName(TEMPORARY_PREFIX, name));
  try {
    // Not synced to disk: a file damaged by a power failure is detected by its digest and written again.
    await writeFile(temporary, Buffer.concat([digest(content), content]));
    await rename(temporary, path.join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeFault("cannot write", path.join(folder, name), error);
  }
}

/** Reads a file from the run's folder; undefined if it is missing or damaged. */
export async function getFile(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path.join(folder, name));
    // Copied, because a slice of a Buffer shares its memory and may be unaligned.
    const content = new Uint8Array(bytes.subarray(DIGEST_BYTES));
    return digest(content).equals(bytes.subarray(0, DIGEST_BYTES)) ? content : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw describeFault("cannot read", path.join(folder, name), error);
  }
}

/**
 * Names of the files in the run's folder. Listing is reliable on network file systems; looking up a single name is not,
 * because they cache for up to a minute that a file did not exist.
 */
export async function listFiles(folder: string): Promise<Set<string>> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return new Set();
    throw describeFault("cannot read", folder, error);
  }
}

function digest(content: Uint8Array): Buffer {
  return createHash("sha256").update(content).digest();
}
