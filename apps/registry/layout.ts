import path from "node:path";

/** A model's name: safe in paths and URLs without escaping, and as the value of a label in Kubernetes. */
export const MODEL_NAME = /^[A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?$/;
/** Most characters of a model's name. */
export const MODEL_NAME_LENGTH = 63;
/** A version's number; fifteen digits are the most that a JavaScript number holds exactly. */
export const MODEL_VERSION = /^[1-9][0-9]{0,14}$/;

/** Name of the graph in a version's folder. */
export const MODEL_FILE = "model.onnx";
/** Names of the files that say how a graph reads texts, as Hugging Face's exporters write them beside it. */
export const TOKENIZER_FILE = "tokenizer.json";
export const TOKENIZER_CONFIG_FILE = "tokenizer_config.json";
export const CONFIG_FILE = "config.json";
/** Name of the metadata in a version's folder. A folder without it is not a version. */
export const METADATA_FILE = "metadata.json";

/** Name of the record of where the files of a version were fetched from. Such a version appears complete, in one step. */
export const SOURCE_RECORD_FILE = "source.json";

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

/** `<root>/registry/index.lock`: the lock of the index. */
export function lockFile(root: string): string {
  return path.join(root, "registry", "index.lock");
}

/** Prefix of files and folders that are still being written. No model, version or index has such a name. */
export const TEMPORARY_PREFIX = ".tmp-";
