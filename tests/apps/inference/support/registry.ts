import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  indexFile,
  METADATA_FILE,
  MODEL_FILE,
  modelDirectory,
  versionDirectory,
} from "../../../../apps/registry/layout.ts";
import type { ModelMetadata } from "../../../../apps/registry/metadata.ts";
import { MODELS, type ModelName } from "./models.ts";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures");

/** An empty registry folder; `remove` deletes it. */
export async function emptyRegistry(): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(path.join(tmpdir(), "registry-"));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** Metadata that matches one of the fixtures. */
export async function metadataOf(model: ModelName, version: string): Promise<ModelMetadata> {
  const artifact = await readFile(path.join(FIXTURES, `${model}.onnx`));
  return {
    name: model,
    version,
    framework: "onnx",
    description: "made by hand for a test",
    created: "2026-01-02T03:04:05Z",
    metrics: {},
    signature: MODELS[model],
    artifact: {
      file: MODEL_FILE,
      sha256: createHash("sha256").update(artifact).digest("hex"),
      bytes: artifact.byteLength,
    },
    task: "fixture",
    hyperparameters: {},
    seed: 0,
    commit: "unknown",
    trainedDate: "2026-01-02",
    durationSeconds: 0,
  };
}

/** Publishes fixtures as a trainer would: artifact, metadata, and finally the index of all of them. */
export async function publish(root: string, ...published: readonly (readonly [ModelName, string])[]): Promise<void> {
  for (const [model, version] of published) {
    await writeVersion(root, model, version);
  }
  await writeIndex(root, ...published);
}

/**
 * Writes a version's folder. The version is not published until the index lists it.
 *
 * @param metadata @default metadata that matches the fixture
 */
export async function writeVersion(
  root: string,
  model: ModelName,
  version: string,
  metadata?: ModelMetadata,
): Promise<void> {
  const directory = versionDirectory(root, model, version);
  if (!existsSync(directory)) {
    // In one step, because a server serves a graph that has no metadata yet.
    const staged = await mkdtemp(path.join(tmpdir(), "version-"));
    await fill(staged);
    await mkdir(path.dirname(directory), { recursive: true });
    await rename(staged, directory);
  } else {
    await fill(directory);
  }
  async function fill(folder: string) {
    await writeFile(path.join(folder, MODEL_FILE), await readFile(path.join(FIXTURES, `${model}.onnx`)));
    await writeMetadata(folder, metadata ?? (await metadataOf(model, version)));
  }
}

/** Writes a version's metadata in one step, so that a server that polls never reads half of it. */
export async function writeMetadata(directory: string, metadata: ModelMetadata): Promise<void> {
  const file = path.join(directory, METADATA_FILE);
  await writeFile(`${file}.new`, JSON.stringify(metadata));
  await rename(`${file}.new`, file);
}

/** Writes the index in one step. */
export async function writeIndex(root: string, ...published: readonly (readonly [ModelName, string])[]): Promise<void> {
  const versions = new Map<ModelName, string[]>();
  for (const [model, version] of published) {
    versions.set(model, [...(versions.get(model) ?? []), version]);
  }
  const models = [...versions].map(([name, list]) => ({ name, versions: list, latest: list.at(-1) }));
  await mkdir(path.dirname(indexFile(root)), { recursive: true });
  await writeFile(`${indexFile(root)}.new`, JSON.stringify({ models }));
  await rename(`${indexFile(root)}.new`, indexFile(root));
}

/** The required metadata of a version. */
export type Written = Pick<ModelMetadata, "name" | "version" | "framework" | "signature" | "artifact">;

/** Writes a version with the minimal metadata of a graph from elsewhere. */
export async function layOut(root: string, model: ModelName, change: (written: Written) => object = (same) => same) {
  const { name, version, framework, signature, artifact } = await metadataOf(model, "1");
  const written = change({ name, version, framework, signature, artifact });
  await writeVersion(root, model, "1", written as ModelMetadata);
  return versionDirectory(root, model, "1");
}

/** Publishes version 1 of a model, and version 2, which is marked as a regression. */
export async function publishWorse(root: string, model: ModelName): Promise<void> {
  const regression = { version: "1", metric: "accuracy", value: 0.8, previous: 0.9 };
  const { root: prepared, remove } = await emptyRegistry();
  await writeVersion(prepared, model, "1");
  await writeVersion(prepared, model, "2", { ...(await metadataOf(model, "2")), regression });
  // In one step, because a server without an index serves every version that it finds.
  await rename(modelDirectory(prepared, model), modelDirectory(root, model));
  await remove();
  await writeIndex(root, [model, "1"], [model, "2"]);
}
