import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { indexFile, METADATA_FILE, MODEL_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import { Datatype, type ModelMetadata, type Signature } from "../../../../apps/registry/metadata.ts";

const FIXTURES = path.join(import.meta.dirname, "..", "fixtures");

/** Every type that a tensor may have; `types` has an input and an output of each. */
export const DATATYPES = Datatype.options;

/** The hand-made models of `fixtures/make.py` and what they take. */
export const MODELS = {
  "half-plus-two": {
    kind: "instances",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  },
  linear: {
    kind: "regression",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
    features: ["a", "b", "c"],
  },
  iris: {
    kind: "tabular-classification",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
    ],
    features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    labels: ["setosa", "versicolor", "virginica"],
  },
  words: {
    kind: "text-classification",
    inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
    outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
    labels: ["negative", "positive"],
  },
  types: {
    kind: "tensors",
    inputs: DATATYPES.map((datatype) => ({ name: datatype.toLowerCase(), datatype, shape: [-1, 2] })),
    outputs: DATATYPES.map((datatype) => ({ name: `${datatype.toLowerCase()}_out`, datatype, shape: [-1, 2] })),
  },
  pair: {
    kind: "tensors",
    inputs: [
      { name: "a", datatype: "FP32", shape: [-1, 2] },
      { name: "b", datatype: "FP32", shape: [-1, 2] },
    ],
    outputs: [
      { name: "sum", datatype: "FP32", shape: [-1, 2] },
      { name: "product", datatype: "FP32", shape: [-1, 2] },
    ],
  },
  twice: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  image: {
    kind: "tensors",
    inputs: [{ name: "image", datatype: "FP32", shape: [3, 2, 2] }],
    outputs: [{ name: "means", datatype: "FP32", shape: [3] }],
  },
  maps: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  external: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  photo: {
    kind: "tensors",
    inputs: [{ name: "photo", datatype: "FP32", shape: [-1, 3, 224, 224] }],
    outputs: [{ name: "means", datatype: "FP32", shape: [-1, 3] }],
  },
  lengths: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, -1] }],
    outputs: [{ name: "sum", datatype: "FP32", shape: [-1] }],
  },
  lookup: {
    kind: "tensors",
    inputs: [{ name: "ids", datatype: "INT64", shape: [-1, -1] }],
    outputs: [{ name: "rows", datatype: "FP32", shape: [-1, -1, 2] }],
  },
  "sum-of-rows": {
    kind: "tensors",
    inputs: [
      { name: "a", datatype: "FP32", shape: [-1, -1] },
      { name: "b", datatype: "FP32", shape: [-1, -1] },
    ],
    outputs: [{ name: "sum", datatype: "FP32", shape: [-1, -1] }],
  },
  hundreds: {
    kind: "tensors",
    inputs: [{ name: "id", datatype: "INT64", shape: [-1] }],
    outputs: [{ name: "value", datatype: "FP32", shape: [-1] }],
  },
  quantized: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  },
  shares: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  split: {
    kind: "tensors",
    inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
    outputs: [
      { name: "words", datatype: "BYTES", shape: [-1, -1] },
      { name: "counts", datatype: "INT64", shape: [-1] },
    ],
  },
  "no-sevens": {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  },
  bfloat16: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  location: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  shapeless: { kind: "tensors", inputs: [], outputs: [] },
  "only-maps": { kind: "tensors", inputs: [], outputs: [] },
  "one-or-two": {
    kind: "tabular-classification",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "scores", datatype: "FP32", shape: [-1, 2] },
    ],
    features: ["x"],
    labels: ["below", "above"],
  },
  highlights: {
    kind: "tensors",
    inputs: [{ name: "picture", datatype: "FP32", shape: [-1, 1, -1, -1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  },
  ratio: {
    kind: "regression",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
    features: ["a", "b"],
  },
  same: {
    kind: "instances",
    inputs: [{ name: "x", datatype: "INT64", shape: [-1] }],
    outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
  },
  not: {
    kind: "instances",
    inputs: [{ name: "x", datatype: "BOOL", shape: [-1] }],
    outputs: [{ name: "y", datatype: "BOOL", shape: [-1] }],
  },
  cache: {
    kind: "tensors",
    inputs: [
      { name: "past", datatype: "FP32", shape: [-1, -1, 2] },
      { name: "x", datatype: "FP32", shape: [-1, 1, 2] },
    ],
    outputs: [
      { name: "present", datatype: "FP32", shape: [-1, -1, 2] },
      { name: "sum", datatype: "FP32", shape: [-1, 2] },
      { name: "before", datatype: "FP32", shape: [-1, -1, 2] },
    ],
  },
  boxes: {
    kind: "tensors",
    inputs: [
      { name: "boxes", datatype: "FP32", shape: [-1, 4] },
      { name: "names", datatype: "BYTES", shape: [-1] },
    ],
    outputs: [
      { name: "moved", datatype: "FP32", shape: [-1, 4] },
      { name: "named", datatype: "BYTES", shape: [-1] },
    ],
    maxBatchSize: 0,
  },
  constant: {
    kind: "tensors",
    inputs: [],
    outputs: [{ name: "y", datatype: "FP32", shape: [2] }],
  },
  slow: {
    kind: "tensors",
    inputs: [{ name: "turns", datatype: "INT64", shape: [] }],
    outputs: [
      { name: "turned", datatype: "INT64", shape: [] },
      { name: "highest", datatype: "FP32", shape: [] },
    ],
  },
} satisfies Record<string, Signature>;

export type ModelName = keyof typeof MODELS;

/** An empty registry folder; `remove` deletes it. */
export async function emptyRegistry(): Promise<{ root: string; remove: () => Promise<void> }> {
  const root = await mkdtemp(path.join(tmpdir(), "registry-"));
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}

/** The metadata of one of the fixtures, true to its artefact. */
export async function metadataOf(model: ModelName, version: string): Promise<ModelMetadata> {
  const artefact = await readFile(path.join(FIXTURES, `${model}.onnx`));
  return {
    name: model,
    version,
    framework: "onnx",
    description: "made by hand for a test",
    created: "2026-01-02T03:04:05Z",
    metrics: {},
    signature: MODELS[model],
    artefact: {
      file: MODEL_FILE,
      sha256: createHash("sha256").update(artefact).digest("hex"),
      bytes: artefact.byteLength,
    },
    task: "fixture",
    hyperparameters: {},
    seed: 0,
    commit: "unknown",
    trainedDate: "2026-01-02",
    durationSeconds: 0,
  };
}

/** Publishes fixtures as a trainer would: artefact, metadata, and last the index of them all. */
export async function publish(root: string, ...published: readonly (readonly [ModelName, string])[]): Promise<void> {
  for (const [model, version] of published) {
    await writeVersion(root, model, version);
  }
  await writeIndex(root, ...published);
}

/**
 * Writes a version's folder; until the index has it, it is not published.
 *
 * @param metadata @default true to the fixture
 */
export async function writeVersion(
  root: string,
  model: ModelName,
  version: string,
  metadata?: ModelMetadata,
): Promise<void> {
  const directory = versionDirectory(root, model, version);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, MODEL_FILE), await readFile(path.join(FIXTURES, `${model}.onnx`)));
  await writeFile(path.join(directory, METADATA_FILE), JSON.stringify(metadata ?? (await metadataOf(model, version))));
}

/** Writes the index of what is published, in one step. */
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

/** What has to be said of a version. */
export type Written = Pick<ModelMetadata, "name" | "version" | "framework" | "signature" | "artefact">;

/** Lays out a version with the metadata that somebody would write who has a graph from elsewhere. */
export async function layOut(root: string, model: ModelName, change: (written: Written) => object = (same) => same) {
  const { name, version, framework, signature, artefact } = await metadataOf(model, "1");
  const written = change({ name, version, framework, signature, artefact });
  await writeVersion(root, model, "1", written as ModelMetadata);
  return versionDirectory(root, model, "1");
}

/** Publishes version 1 of a model, and version 2, which the promotion gate has marked as worse. */
export async function publishWorse(root: string, model: ModelName): Promise<void> {
  const worseThan = { version: "1", metric: "accuracy", value: 0.8, previous: 0.9 };
  await writeVersion(root, model, "1");
  await writeVersion(root, model, "2", { ...(await metadataOf(model, "2")), worseThan });
  await writeIndex(root, [model, "1"], [model, "2"]);
}
