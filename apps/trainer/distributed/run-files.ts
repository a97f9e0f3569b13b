import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode, TEMPORARY_PREFIX } from "../../registry/index.ts";
import { temporaryName } from "../../registry/owner.ts";

const DIGEST_BYTES = 32;

/** Puts a file into the run's folder in one step, behind its SHA-256: whoever reads it has all of it or nothing. */
export async function putFile(folder: string, name: string, content: Uint8Array): Promise<void> {
  const temporary = path.join(folder, temporaryName(TEMPORARY_PREFIX, name));
  try {
    // Not waited for until it is on the disk: a part that a power cut has torn is noticed by its digest, and made again.
    await writeFile(temporary, Buffer.concat([digest(content), content]));
    await rename(temporary, path.join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw describeFault("cannot write", path.join(folder, name), error);
  }
}

/** Reads a file of the run's folder; undefined where it is not there, or not whole. */
export async function getFile(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(path.join(folder, name));
    // A plain copy: slices of a Buffer share its memory, and begin anywhere.
    const content = new Uint8Array(bytes.subarray(DIGEST_BYTES));
    return digest(content).equals(bytes.subarray(0, DIGEST_BYTES)) ? content : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw describeFault("cannot read", path.join(folder, name), error);
  }
}

/**
 * Names of what is in the run's folder. Looked up by listing, never by asking for a name: network file systems remember
 * for up to a minute that a file was not there, but look again when a folder is opened.
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
