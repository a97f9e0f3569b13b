import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { describeFault, RegistryError } from "../../registry/errors.ts";
import { versionDirectory } from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { artifactFile, readMetadata } from "../../registry/read.ts";

const MEND = "copy it here again, or correct the metadata where the file is the one that is meant";
/** How much of an artefact is read and hashed at a time; requests are answered in between. */
const PIECE_BYTES = 1024 * 1024;

/** A version as published: its description, and the bytes that the description vouches for. */
export interface PublishedVersion {
  readonly metadata: ModelMetadata;
  readonly artefact: Uint8Array;
}

/**
 * Reads one version and checks that its artefact is the one its metadata describes. The bytes that were checked are the
 * ones returned: a file that changes afterwards changes nothing.
 *
 * @param root Root of the models volume.
 * @throws RegistryError where the version is absent, malformed, half-written or corrupted.
 */
export async function readVersion(root: string, model: string, version: string): Promise<PublishedVersion> {
  const metadata = await readMetadata(root, model, version);
  return { metadata, artefact: await readArtefact(root, metadata) };
}

/**
 * Sizes and times of a version's files: a version is worth another try when they change. The time of the last change of
 * mode or owner is among them, for a file that could not be read.
 */
export async function versionStamp(root: string, model: string, version: string): Promise<string> {
  const directory = versionDirectory(root, model, version);
  const names = (await readdir(directory).catch(() => [])).sort();
  const stamps = names.map(async (name) => {
    const found = await stat(path.join(directory, name)).catch(() => undefined);
    return `${name} ${found?.size} ${found?.mtimeMs} ${found?.ctimeMs}`;
  });
  return (await Promise.all(stamps)).join("\n");
}

async function readArtefact(root: string, metadata: ModelMetadata): Promise<Uint8Array> {
  const expected = metadata.artifact;
  if (path.basename(expected.file) !== expected.file) {
    const directory = versionDirectory(root, metadata.name, metadata.version);
    throw new RegistryError(`${directory}: the artefact "${expected.file}" is not the plain name of a file in it`);
  }
  const file = artifactFile(root, metadata);
  const { artefact, sha256 } = await readHashed(file, expected.bytes).catch((error: unknown) => {
    throw describeFault("cannot read", file, error);
  });
  if (sha256 !== expected.sha256) {
    throw new RegistryError(
      `${file} is corrupt: its SHA-256 is ${sha256}, its metadata says ${expected.sha256}: ${MEND}`,
    );
  }
  return artefact;
}

/** Reads a file of a known length into memory of its own, and hashes each piece when it has come. */
async function readHashed(file: string, length: number): Promise<{ artefact: Uint8Array; sha256: string }> {
  const handle = await open(file);
  try {
    const found = await handle.stat();
    if (found.isFile() && found.size !== length) {
      throw new RegistryError(`${file} has ${found.size} bytes where its metadata says ${length}: ${MEND}`);
    }
    const artefact = new Uint8Array(length);
    const hash = createHash("sha256");
    for (let at = 0; at < length; ) {
      const { bytesRead } = await handle.read(artefact, at, Math.min(PIECE_BYTES, length - at));
      if (bytesRead === 0) {
        throw new RegistryError(`${file} became shorter while it was read: ${MEND}`);
      }
      hash.update(artefact.subarray(at, at + bytesRead));
      at += bytesRead;
    }
    return { artefact, sha256: hash.digest("hex") };
  } finally {
    await handle.close();
  }
}
