import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import path from "node:path";
import { describeFault, RegistryError } from "../../registry/errors.ts";
import { METADATA_FILE, versionDirectory } from "../../registry/layout.ts";
import { isBelow, type ModelMetadata } from "../../registry/metadata.ts";
import type { ExternalData } from "../../registry/publish.ts";
import { artifactFile, describeVersion, isBare } from "../../registry/read.ts";
import { graphFacts } from "../model/graph/facts.ts";
import type { TextFiles } from "../model/text/open-text.ts";
import { readTextFiles } from "./text-files.ts";

const REMEDY = "copy it here again, or correct the metadata if this is the right file";
/** How much of an artifact is read and hashed at a time; requests are served in between. */
const PIECE_BYTES = 1024 * 1024;

/** A published version: its metadata, and the verified artifact. */
export interface PublishedVersion {
  readonly metadata: ModelMetadata;
  readonly artifact: Uint8Array;
  /** The files that hold weights of the graph, verified as well. */
  readonly externalData: readonly ExternalData[];
  /** The tokenizer beside the graph. @default none */
  readonly text?: TextFiles;
  /** What could not be verified, one line each, for the log. */
  readonly notes: readonly string[];
}

/**
 * Reads one version and verifies its artifact against the metadata. Returns the very bytes that were verified, so that later
 * changes of the file do not matter.
 *
 * @param root Root of the models volume.
 * @throws RegistryError if the version is missing, malformed, incomplete or corrupted.
 */
export async function readVersion(root: string, model: string, version: string): Promise<PublishedVersion> {
  const metadata = await describeVersion(root, model, version);
  const artifact = await readArtifact(root, metadata);
  const { externalData, notes } = await readExternalData(root, metadata, locationsIn(artifact));
  const text = await readTextFiles(versionDirectory(root, model, version));
  // Of a version without metadata nothing is verified.
  return {
    metadata,
    artifact,
    externalData,
    ...(text !== undefined && { text }),
    notes: (await isBare(root, model, version)) ? [] : notes,
  };
}

/** The files that a graph takes weights from; none if it is not a graph, which is reported when it is opened. */
function locationsIn(artifact: Uint8Array): ReadonlySet<string> {
  try {
    return graphFacts(artifact).externalFiles;
  } catch {
    return new Set();
  }
}

async function readExternalData(
  root: string,
  { name, version, artifact }: ModelMetadata,
  locations: ReadonlySet<string>,
): Promise<Pick<PublishedVersion, "externalData" | "notes">> {
  const directory = versionDirectory(root, name, version);
  const externalData: ExternalData[] = [];
  const notes: string[] = [];
  for (const location of locations) {
    if (!isBelow(location)) {
      throw new RegistryError(
        `${directory}: the graph takes weights from "${location}", which is not below its folder`,
      );
    }
    const file = path.join(directory, location);
    const expected = artifact.externalData?.find((one) => path.normalize(one.file) === path.normalize(location));
    const { artifact: data, sha256 } = await readHashed(file, expected?.bytes).catch((error: unknown) => {
      throw describeFault("cannot read the graph's weights", file, error);
    });
    if (expected === undefined) {
      notes.push(`${file} is not verified, because ${METADATA_FILE} does not list it; its SHA-256 is ${sha256}`);
    } else if (sha256 !== expected.sha256) {
      throw corrupt(file, sha256, expected.sha256);
    }
    externalData.push({ file: location, data });
  }
  return { externalData, notes };
}

function corrupt(file: string, sha256: string, expected: string): RegistryError {
  return new RegistryError(`${file} is corrupt: its SHA-256 is ${sha256}, its metadata says ${expected}: ${REMEDY}`);
}

async function readArtifact(root: string, metadata: ModelMetadata): Promise<Uint8Array> {
  const expected = metadata.artifact;
  if (path.basename(expected.file) !== expected.file) {
    const directory = versionDirectory(root, metadata.name, metadata.version);
    throw new RegistryError(`${directory}: the artifact "${expected.file}" is not the plain name of a file in it`);
  }
  const file = artifactFile(root, metadata);
  const { artifact, sha256 } = await readHashed(file, expected.bytes).catch((error: unknown) => {
    throw describeFault("cannot read", file, error);
  });
  if (sha256 !== expected.sha256) {
    throw corrupt(file, sha256, expected.sha256);
  }
  return artifact;
}

/**
 * Reads a file into memory of its own, and hashes each piece as it arrives.
 *
 * @param expected The length that it must have. @default any
 */
async function readHashed(file: string, expected?: number): Promise<{ artifact: Uint8Array; sha256: string }> {
  const handle = await open(file);
  try {
    const found = await handle.stat();
    const length = expected ?? found.size;
    if (found.isFile() && found.size !== length) {
      throw new RegistryError(`${file} has ${found.size} bytes, its metadata says ${length}: ${REMEDY}`);
    }
    const artifact = new Uint8Array(length);
    const hash = createHash("sha256");
    for (let at = 0; at < length; ) {
      const { bytesRead } = await handle.read(artifact, at, Math.min(PIECE_BYTES, length - at));
      if (bytesRead === 0) {
        throw new RegistryError(`${file} became shorter while it was read: ${REMEDY}`);
      }
      hash.update(artifact.subarray(at, at + bytesRead));
      at += bytesRead;
    }
    return { artifact, sha256: hash.digest("hex") };
  } finally {
    await handle.close();
  }
}
