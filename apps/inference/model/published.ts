import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describeFault, RegistryError } from "../../registry/errors.ts";
import { indexFile } from "../../registry/layout.ts";
import type { ModelMetadata } from "../../registry/metadata.ts";
import { artefactFile, readIndex, readMetadata } from "../../registry/read.ts";

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
 * @param version A version, or `latest` for the one the index calls so.
 * @throws RegistryError where the version is absent, malformed, half-written or corrupted.
 */
export async function readVersion(root: string, model: string, version: string): Promise<PublishedVersion> {
  const metadata = await readMetadata(root, model, version === "latest" ? await latest(root, model) : version);
  return { metadata, artefact: await readArtefact(root, metadata) };
}

async function latest(root: string, model: string): Promise<string> {
  const entry = (await readIndex(root)).models.find(({ name }) => name === model);
  if (entry === undefined) {
    throw new RegistryError(`${indexFile(root)} does not list ${model}: no version of it is published`);
  }
  return entry.latest;
}

async function readArtefact(root: string, metadata: ModelMetadata): Promise<Uint8Array> {
  const expected = metadata.artefact;
  if (path.basename(expected.file) !== expected.file) {
    throw new RegistryError(`the artefact "${expected.file}" is not a plain file name`);
  }
  const file = artefactFile(root, metadata);
  const artefact = await readFile(file).catch((error: unknown) => {
    throw describeFault("cannot read", file, error);
  });
  if (artefact.byteLength !== expected.bytes) {
    throw new RegistryError(`${file} has ${artefact.byteLength} bytes where its metadata says ${expected.bytes}`);
  }
  const sha256 = createHash("sha256").update(artefact).digest("hex");
  if (sha256 !== expected.sha256) {
    throw new RegistryError(`${file} is corrupt: its SHA-256 is ${sha256}, its metadata says ${expected.sha256}`);
  }
  return artefact;
}
