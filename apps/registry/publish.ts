import { createHash } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { makeDirectory, syncDirectory, writeDurably } from "./durable.ts";
import { describeFault, errorCode, RegistryError, VersionExistsError } from "./errors.ts";
import { compareWithParent, findParent } from "./gate.ts";
import { METADATA_FILE, MODEL_FILE, modelDirectory, TEMPORARY_PREFIX, versionDirectory } from "./layout.ts";
import { ModelMetadata, ModelName, ModelVersion } from "./metadata.ts";
import { temporaryName } from "./owner.ts";
import { exists } from "./read.ts";
import { sweepTemporaries } from "./sweep.ts";
import { updateIndex } from "./update-index.ts";

/** The part of the metadata that the caller gives; `publishVersion` adds the rest. */
export type VersionDescription = Omit<
  ModelMetadata,
  "name" | "version" | "framework" | "created" | "artifact" | "parent" | "regression"
>;

/** A file beside a graph that holds some of its weights (ONNX external data). */
export interface ExternalData {
  /** Location as the graph gives it: the file's path from the graph's folder on. */
  readonly file: string;
  readonly data: Uint8Array;
}

export interface PublishRequest {
  /** Root of the models volume. */
  readonly root: string;
  readonly model: string;
  /** A version number, or "next" for the number after the highest existing one. */
  readonly version: string;
  /** The bytes of the graph. */
  readonly artifact: Uint8Array;
  /** Files that hold weights of the graph, by the location that the graph gives, below its folder. @default none */
  readonly externalData?: readonly ExternalData[];
  /** Further files that the server reads, such as a tokenizer, by their names in the version's folder. @default none */
  readonly companions?: readonly ExternalData[];
  readonly description: VersionDescription;
}

/**
 * Publishes one version and updates the index. The version appears atomically, by one rename.
 *
 * @throws VersionExistsError if the version exists already
 * @throws RegistryError if the volume cannot be written
 */
export async function publishVersion(request: PublishRequest): Promise<ModelMetadata> {
  const { root } = request;
  const model = ModelName.parse(request.model);
  const directory = modelDirectory(root, model);
  try {
    await makeDirectory(directory);
    await sweepTemporaries(directory);
    for (;;) {
      const version = request.version === "next" ? await nextVersion(root, model) : ModelVersion.parse(request.version);
      const metadata = completeMetadata(request, version, await findParent(root, model, version));
      try {
        await publishFolder(root, metadata, request);
      } catch (error) {
        // Another process has published the same number in the meantime.
        if (error instanceof VersionExistsError && request.version === "next") continue;
        throw error;
      }
      await updateIndex(root);
      return metadata;
    }
  } catch (error) {
    throw describeFault("cannot write", directory, error);
  }
}

/** The number after the highest version folder, published or not; "1" for a new model. */
export async function nextVersion(root: string, model: string): Promise<string> {
  const directory = modelDirectory(root, model);
  try {
    const numbers = (await readdir(directory)).filter((name) => ModelVersion.safeParse(name).success).map(Number);
    return String(Math.max(0, ...numbers) + 1);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "1";
    throw describeFault("cannot read", directory, error);
  }
}

/**
 * Checks before training that a version can be published.
 *
 * @throws VersionExistsError or RegistryError if its folder exists already
 */
export async function assertVersionFree(root: string, model: string, version: string): Promise<void> {
  const directory = versionDirectory(root, model, version);
  // In this order, because another process may publish the version between the two checks.
  if (!(await exists(directory))) return;
  if (await exists(path.join(directory, METADATA_FILE))) throw takenError(directory, model, version);
  throw occupiedError(directory);
}

function completeMetadata(request: PublishRequest, version: string, parent: ModelMetadata | undefined): ModelMetadata {
  const regression = parent && compareWithParent(request.description, parent);
  const { externalData = [] } = request;
  return ModelMetadata.parse({
    name: request.model,
    version,
    framework: "onnx",
    created: new Date().toISOString(),
    artifact: {
      ...contentOf(MODEL_FILE, request.artifact),
      ...(externalData.length > 0 && { externalData: externalData.map(({ file, data }) => contentOf(file, data)) }),
    },
    ...request.description,
    ...(parent === undefined ? {} : { parent: parent.version }),
    ...(regression === undefined ? {} : { regression }),
  } satisfies ModelMetadata);
}

function contentOf(file: string, data: Uint8Array) {
  return { file, sha256: createHash("sha256").update(data).digest("hex"), bytes: data.byteLength };
}

async function publishFolder(
  root: string,
  metadata: ModelMetadata,
  { artifact, externalData = [], companions = [] }: PublishRequest,
): Promise<void> {
  const parent = modelDirectory(root, metadata.name);
  const target = versionDirectory(root, metadata.name, metadata.version);
  await assertVersionFree(root, metadata.name, metadata.version);
  // In the same folder, because a rename is atomic only within one volume.
  const temporary = path.join(parent, temporaryName(TEMPORARY_PREFIX, metadata.version));
  try {
    await makeDirectory(temporary);
    await writeDurably(path.join(temporary, metadata.artifact.file), artifact);
    for (const { file, data } of [...externalData, ...companions]) {
      const target = path.join(temporary, file);
      await makeDirectory(path.dirname(target));
      await writeDurably(target, data);
      await syncDirectory(path.dirname(target));
    }
    await writeDurably(path.join(temporary, METADATA_FILE), `${JSON.stringify(metadata, null, 2)}\n`);
    await syncDirectory(temporary);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    const code = errorCode(error);
    // The target is not empty: another process was first.
    if (code === "ENOTEMPTY" || code === "EEXIST") await assertVersionFree(root, metadata.name, metadata.version);
    throw error;
  }
  await syncDirectory(parent);
}

function takenError(directory: string, model: string, version: string): VersionExistsError {
  return new VersionExistsError(
    `${model} version ${version} exists already (${directory}) and is never overwritten: choose another version, or "next"`,
  );
}

function occupiedError(directory: string): RegistryError {
  return new RegistryError(
    `${directory} exists but is not a version (it has no ${METADATA_FILE}): remove it, or choose another version`,
  );
}
