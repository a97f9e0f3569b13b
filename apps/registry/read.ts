import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { describeFault, errorCode, errorMessage, RegistryError } from "./errors.ts";
import { hashFile } from "./hash.ts";
import { indexFile, METADATA_FILE, MODEL_FILE, modelDirectory, versionDirectory } from "./layout.ts";
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
 * by hand needs no index. Adds models that consist of bare graphs, which no index lists.
 *
 * @throws RegistryError if the index is invalid, or if there is no such folder
 */
export async function readPublished(root: string): Promise<RegistryIndex> {
  const index = await readJson(indexFile(root), RegistryIndex);
  if (index !== undefined) return withBareModels(root, index);
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

/** The index, and the models that it does not list and that have graphs but no metadata at all. */
async function withBareModels(root: string, index: RegistryIndex): Promise<RegistryIndex> {
  const models = [...index.models];
  for (const name of await listModels(root)) {
    if (models.some((model) => model.name === name)) continue;
    const { described, bare } = await sortedFolders(root, name);
    const latest = bare.at(-1);
    if (described.length === 0 && latest !== undefined) models.push({ name, versions: bare, latest });
  }
  return models.length === index.models.length ? index : { models: models.sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/**
 * The version folders with metadata: one that is still being copied must not replace a complete one. If none has metadata,
 * those with a graph; if none has a graph either, all folders, so that opening one reports what is missing.
 */
async function laidOutVersions(root: string, name: string): Promise<string[]> {
  const { folders, described, bare } = await sortedFolders(root, name);
  return [described, bare].find((versions) => versions.length > 0) ?? folders;
}

/** The version folders of a model by what they contain. An unreadable folder counts as having metadata. */
async function sortedFolders(root: string, name: string) {
  const folders = await versionFolders(root, name);
  const described: string[] = [];
  const bare: string[] = [];
  for (const version of folders) {
    try {
      if (await hasMetadata(root, name, version)) described.push(version);
      else if (await isBare(root, name, version)) bare.push(version);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      described.push(version);
    }
  }
  return { folders, described, bare };
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

/**
 * The metadata of a version. A folder that has a graph and no `metadata.json`, as Triton and OpenVINO Model Server take it, is
 * described by what it contains: SHA-256 and size are those of the graph as it is now.
 *
 * @throws RegistryError if there is neither, or if the metadata is invalid or describes another version
 */
export async function describeVersion(root: string, model: string, version: string): Promise<ModelMetadata> {
  if (!(await isBare(root, model, version))) return readMetadata(root, model, version);
  const graph = path.join(versionDirectory(root, model, version), MODEL_FILE);
  const { sha256, bytes } = await hashFile(graph);
  if (bytes === 0) throw new RegistryError(`${graph} is empty: copy it here again`);
  const artifact = { file: MODEL_FILE, sha256, bytes };
  return ModelMetadata.parse({ name: model, version, framework: "onnx", artifact });
}

/** Whether the folder of a version has a graph and no metadata. */
export async function isBare(root: string, model: string, version: string): Promise<boolean> {
  if (await hasMetadata(root, model, version)) return false;
  const found = await stat(path.join(versionDirectory(root, model, version), MODEL_FILE)).catch(() => undefined);
  return found?.isFile() === true;
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
 * Verifies the SHA-256 of a version's graph, and of the files with its weights.
 *
 * @throws RegistryError if one of them is missing or its SHA-256 differs
 */
export async function verifyArtifact(
  root: string,
  metadata: Pick<ModelMetadata, "name" | "version" | "artifact">,
): Promise<void> {
  const { externalData = [], ...graph } = metadata.artifact;
  for (const { file: name, sha256 } of [graph, ...externalData]) {
    const file = path.join(versionDirectory(root, metadata.name, metadata.version), name);
    if ((await hashFile(file)).sha256 !== sha256) {
      throw new RegistryError(
        `${file} is corrupt: its SHA-256 is not the one in ${METADATA_FILE}; publish the model again`,
      );
    }
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
