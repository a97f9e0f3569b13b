import path from "node:path";

/** File that holds a version's graph, in the version's folder. */
export const MODEL_FILE = "model.onnx";
/** File that describes a version, in the version's folder. Written last: a folder without it is not a version. */
export const METADATA_FILE = "metadata.json";

/** `<root>/<model>/<version>`: one published version. */
export function versionDirectory(root: string, model: string, version: string): string {
  return path.join(root, model, version);
}

/** `<root>/registry/models.json`: the index of every model and version. */
export function indexFile(root: string): string {
  return path.join(root, "registry", "models.json");
}

/** `<root>/<model>`: the folder of a model's versions. */
export function modelDirectory(root: string, model: string): string {
  return path.join(root, model);
}

/** `<root>/registry/index.lock`: held by whoever rewrites the index. */
export function lockFile(root: string): string {
  return path.join(root, "registry", "index.lock");
}

/** Beginning of the name of every file and folder that is still being written. Never a model, version or index. */
export const TEMPORARY_PREFIX = ".tmp-";
