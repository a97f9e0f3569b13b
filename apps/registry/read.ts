import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { describeFault, errorCode, errorMessage, RegistryError } from "./errors.ts";
import { indexFile, METADATA_FILE, modelDirectory, versionDirectory } from "./layout.ts";
import { ModelMetadata, ModelName, ModelVersion, RegistryIndex } from "./metadata.ts";

/**
 * Reads `registry/models.json`; returns an empty index if there is none.
 *
 * @throws RegistryError if it is invalid
 */
export async function readIndex(root: string): Promise<RegistryIndex> {
  const file = indexFile(root);
  return (await readJson(file, RegistryIndex)) ?? { models: [] };
}

/**
 * Reads the index or, if there is none, derives it from the version folders, so that a registry whose folders were created
 * by hand needs no index.
 *
 * @throws RegistryError if the index is invalid, or if there is no such folder
 */
export async function readPublished(root: string): Promise<RegistryIndex> {
  const index = await readJson(indexFile(root), RegistryIndex);
  if (index !== undefined) return index;
  await stat(root).catch((error: unknown) => {
    throw describeFault("cannot read", root, error);
  });
  return { models: await readFolders(root) };
}

/** The versions of every model that has a version folder. */
async function readFolders(root: string): Promise<RegistryIndex["models"]> {
  const models: RegistryIndex["models"] = [];
  for (const name of await listModels(root)) {
    const versions = await laidOutVersions(root, name);
    const latest = await latestFolder(root, name, versions);
    if (latest !== undefined) models.push({ name, versions, latest });
  }
  return models;
}

/**
 * The version folders with metadata: one that is still being copied must not replace a complete one. If none has metadata,
 * all folders, so that opening one reports what is missing. An unreadable folder counts as having metadata.
 */
async function laidOutVersions(root: string, name: string): Promise<string[]> {
  const folders = await versionFolders(root, name);
  const described: string[] = [];
  for (const version of folders) {
    const isDescribed = await hasMetadata(root, name, version).catch((error: unknown) => {
      if (error instanceof RegistryError) return true;
      throw error;
    });
    if (isDescribed) described.push(version);
  }
  return described.length > 0 ? described : folders;
}

/** The newest version that is not a regression, or whose metadata cannot be read; the newest version if all are regressions. */
async function latestFolder(root: string, name: string, versions: readonly string[]): Promise<string | undefined> {
  for (const version of versions.toReversed()) {
    try {
      if ((await readMetadata(root, name, version)).regression === undefined) return version;
    } catch (error) {
      if (error instanceof RegistryError) return version;
      throw error;
    }
  }
  return versions.at(-1);
}

/**
 * Reads `metadata.json` of a version.
 *
 * @throws RegistryError if it is missing, invalid or describes another version
 */
export async function readMetadata(root: string, model: string, version: string): Promise<ModelMetadata> {
  const file = path.join(versionDirectory(root, model, version), METADATA_FILE);
  const metadata = await readJson(file, ModelMetadata);
  if (!metadata) throw new RegistryError(`${file} is missing: there is no version ${version} of ${model}`);
  if (metadata.name !== model || metadata.version !== version) {
    throw new RegistryError(
      `${file} describes ${metadata.name} version ${metadata.version}, not ${model} version ${version}`,
    );
  }
  return metadata;
}

/** The published versions of a model (folders with `metadata.json`), in ascending order. */
export async function listVersions(root: string, model: string): Promise<string[]> {
  const published: string[] = [];
  for (const version of await versionFolders(root, model)) {
    if (await hasMetadata(root, model, version)) published.push(version);
  }
  return published;
}

function hasMetadata(root: string, model: string, version: string): Promise<boolean> {
  return exists(path.join(versionDirectory(root, model, version), METADATA_FILE));
}

async function versionFolders(root: string, model: string): Promise<string[]> {
  const numbered = (await subdirectories(modelDirectory(root, model))).filter(
    (name) => ModelVersion.safeParse(name).success,
  );
  return numbered.sort((a, b) => Number(a) - Number(b));
}

/** Names of the folders that may contain versions, in alphabetical order. */
export async function listModels(root: string): Promise<string[]> {
  return (await subdirectories(root)).filter((name) => ModelName.safeParse(name).success).sort();
}

/** Path of a version's graph. */
export function artifactFile(root: string, metadata: Pick<ModelMetadata, "name" | "version" | "artifact">): string {
  return path.join(versionDirectory(root, metadata.name, metadata.version), metadata.artifact.file);
}

/**
 * Verifies the SHA-256 of a version's graph.
 *
 * @throws RegistryError if the graph is missing or its SHA-256 differs
 */
export async function verifyArtifact(
  root: string,
  metadata: Pick<ModelMetadata, "name" | "version" | "artifact">,
): Promise<void> {
  const file = artifactFile(root, metadata);
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  } catch (error) {
    throw describeFault("cannot read", file, error);
  }
  if (hash.digest("hex") !== metadata.artifact.sha256) {
    throw new RegistryError(
      `${file} is corrupt: its SHA-256 is not the one in ${METADATA_FILE}; publish the model again`,
    );
  }
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw describeFault("cannot read", file, error);
  }
  let content: unknown;
  try {
    // Some Windows programs write a byte order mark.
    content = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new RegistryError(`${file} is not JSON: ${errorMessage(error)}`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RegistryError(
    `${file}: ${issue ? `${z.core.toDotPath(issue.path) || "content"}: ${describeIssue(issue)}` : "has an invalid format"}`,
  );
}

/** Rewrites the message of zod for a missing field. */
function describeIssue({ message }: z.core.$ZodIssue): string {
  return message.replace(/^Invalid input: expected (\w+), received undefined$/, "is missing (it is of the type $1)");
}

/** Names of the folders in a directory, including links to folders; none if there is no such directory. */
export async function subdirectories(directory: string): Promise<string[]> {
  let found: Dirent[];
  try {
    found = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw describeFault("cannot read", directory, error);
  }
  const names: string[] = [];
  for (const entry of found) {
    const isLink = entry.isSymbolicLink();
    if (entry.isDirectory() || (isLink && (await pointsToDirectory(path.join(directory, entry.name))))) {
      names.push(entry.name);
    }
  }
  return names;
}

/** Whether a link points to a directory that this user can access. */
async function pointsToDirectory(link: string): Promise<boolean> {
  const target = await stat(link).catch(() => undefined);
  return target?.isDirectory() === true;
}

/**
 * Whether a file exists.
 *
 * @throws RegistryError if that cannot be determined
 */
export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw describeFault("cannot read", file, error);
  }
}
