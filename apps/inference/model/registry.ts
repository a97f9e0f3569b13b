import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { indexFile, METADATA_FILE, versionDirectory } from "../../registry/layout.ts";
import { ModelMetadata, RegistryIndex } from "../../registry/metadata.ts";

/** The model cannot be served as it stands in the registry; the message says why, in one line. */
export class RegistryError extends Error {
  override name = "RegistryError";
}

/** A version as published: its description, and the bytes that the description vouches for. */
export interface PublishedVersion {
  readonly metadata: ModelMetadata;
  readonly artefact: Uint8Array;
}

/**
 * The index of every model; an empty one where the registry has none yet.
 *
 * @param root Root of the models volume.
 * @throws RegistryError where the index is there but is not one.
 */
export async function readIndex(root: string): Promise<RegistryIndex> {
  const file = indexFile(root);
  const text = await readText(file);
  return text === undefined ? { models: [] } : parse(RegistryIndex, text, file);
}

/**
 * Reads one version and checks that its artefact is the one its metadata describes.
 *
 * @param root Root of the models volume.
 * @param version A version, or `latest` for the one the index calls so.
 * @throws RegistryError where the version is absent, malformed, half-written or corrupted.
 */
export async function readVersion(root: string, model: string, version: string): Promise<PublishedVersion> {
  const directory = versionDirectory(root, model, version === "latest" ? await latest(root, model) : version);
  const file = path.join(directory, METADATA_FILE);
  const text = await readText(file);
  if (text === undefined) {
    throw new RegistryError(`there is no ${file} yet`);
  }
  const metadata = parse(ModelMetadata, text, file);
  if (directory !== versionDirectory(root, metadata.name, metadata.version)) {
    throw new RegistryError(`${file} describes ${metadata.name} version ${metadata.version}`);
  }
  return { metadata, artefact: await readArtefact(directory, metadata.artefact) };
}

async function latest(root: string, model: string): Promise<string> {
  const entry = (await readIndex(root)).models.find(({ name }) => name === model);
  if (entry === undefined) {
    throw new RegistryError(`${indexFile(root)} does not list ${model} yet`);
  }
  return entry.latest;
}

async function readArtefact(directory: string, expected: ModelMetadata["artefact"]): Promise<Uint8Array> {
  if (path.basename(expected.file) !== expected.file) {
    throw new RegistryError(`the artefact "${expected.file}" is not a plain file name`);
  }
  const file = path.join(directory, expected.file);
  const artefact = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new RegistryError(`${file} cannot be read: ${error.code}`);
  });
  if (artefact.byteLength !== expected.bytes) {
    throw new RegistryError(`${file} has ${artefact.byteLength} bytes where its metadata says ${expected.bytes}`);
  }
  const sha256 = createHash("sha256").update(artefact).digest("hex");
  if (sha256 !== expected.sha256) {
    throw new RegistryError(`${file} is corrupted: its SHA-256 is ${sha256}, its metadata says ${expected.sha256}`);
  }
  return artefact;
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      return undefined;
    }
    throw new RegistryError(`${file} cannot be read: ${code}`);
  }
}

function parse<T>(schema: z.ZodType<T>, text: string, file: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RegistryError(`${file} is not JSON`);
  }
  const result = schema.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new RegistryError(`${file} is not valid: ${issue?.path.join(".")}: ${issue?.message}`);
  }
  return result.data;
}
