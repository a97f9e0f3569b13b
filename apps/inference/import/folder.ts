import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../registry/errors.ts";
import { MODEL_FILE } from "../../registry/layout.ts";
import { ModelVersion } from "../../registry/metadata.ts";
import { exists, subdirectories } from "../../registry/read.ts";
import { readHead } from "./head.ts";
import { wrongFile } from "./wrong-file.ts";

/** A graph, and what the files around it say about it. */
export interface FoundModel {
  /** Path of the graph. */
  readonly graph: string;
  /** Its number in the repository that it comes from. */
  readonly version?: string;
  /** Names of the classes. */
  readonly labels?: readonly string[];
  /** Most rows of a run. */
  readonly maxBatchSize?: number;
  /** What was left out, one line each. */
  readonly notes: readonly string[];
}

/**
 * Finds the graph in a folder as exporters, MLflow, MLServer, Triton and KServe lay it out.
 *
 * @throws UserError with what the folder is and what would work, if there is no graph or several
 */
export async function findInFolder(folder: string): Promise<FoundModel> {
  const readers = [mlflowModel, mlserverModel, tritonModel, plainModel, onlyModel];
  for (const read of readers) {
    const found = await read(folder);
    if (found !== undefined) return found;
  }
  throw new UserError(`${folder} has no ONNX graph: ${await describeContent(folder)}`);
}

/** `MLmodel` is YAML that MLflow writes, so its indentation is known. */
async function mlflowModel(folder: string): Promise<FoundModel | undefined> {
  const text = await textOf(path.join(folder, "MLmodel"));
  if (text === undefined) return undefined;
  const [, flavors = ""] = /^flavors:\n((?: +.*\n?)*)/m.exec(text) ?? [];
  const [, onnx] = /^ {2}onnx:\n((?: {3,}.*\n?)*)/m.exec(flavors) ?? [];
  const [, data] = /^ +data: *['"]?([^'"\n]+?)['"]? *$/m.exec(onnx ?? "") ?? [];
  if (data === undefined) {
    const names = [...flavors.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name).join(", ");
    throw new UserError(
      `${folder} is an MLflow model of the flavors ${names}, not onnx: log it with mlflow.onnx.log_model(onnx_model)`,
    );
  }
  const file = path.join(folder, data);
  // A graph with external data is a folder there.
  const inside = path.join(file, MODEL_FILE);
  return { graph: (await exists(inside)) ? inside : file, notes: [] };
}

/** `model-settings.json` of MLServer and KServe. */
async function mlserverModel(folder: string): Promise<FoundModel | undefined> {
  const settings = await jsonOf(path.join(folder, "model-settings.json"));
  const uri = property(property(settings, "parameters"), "uri");
  return typeof uri === "string" ? plainModel(folder, path.basename(uri)) : undefined;
}

/** A model of a Triton or KServe repository: versions, and perhaps `config.pbtxt`. */
async function tritonModel(folder: string): Promise<FoundModel | undefined> {
  const config = await textOf(path.join(folder, "config.pbtxt"));
  const versions = (await subdirectories(folder)).filter((name) => ModelVersion.safeParse(name).success);
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined) return undefined;
  const [platform] = config === undefined ? [] : [field(config, "platform") ?? field(config, "backend")];
  if (platform !== undefined && !platform.startsWith("onnxruntime")) {
    throw new UserError(`${folder} is a Triton model of ${platform}, not of onnxruntime: export it as ONNX`);
  }
  const file = config === undefined ? undefined : field(config, "default_model_filename");
  const found = await plainModel(path.join(folder, newest), file);
  if (found === undefined) {
    throw new UserError(
      `${path.join(folder, newest)} has no ONNX graph: ${await describeContent(path.join(folder, newest))}`,
    );
  }
  const others = versions.slice(0, -1);
  const left = `version ${others.join(", ")} of the folder was left out: import ${path.join(folder, others[0] ?? "")} for it`;
  return {
    ...found,
    version: newest,
    ...(await tritonFields(folder, config ?? "")),
    notes: [...found.notes, ...(others.length === 0 ? [] : [left])],
  };
}

async function tritonFields(folder: string, config: string): Promise<Pick<FoundModel, "labels" | "maxBatchSize">> {
  const rows = Number(/^\s*max_batch_size\s*:\s*(\d+)/m.exec(config)?.[1] ?? 0);
  const file = field(config, "label_filename");
  const lines = file === undefined ? undefined : (await textOf(path.join(folder, file)))?.split(/\r?\n/);
  const labels = lines?.at(-1) === "" ? lines.slice(0, -1) : lines;
  return { ...(rows > 0 && { maxBatchSize: rows }), ...(labels !== undefined && { labels }) };
}

/** A text field of a protobuf message in text format. */
function field(config: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*:\\s*"([^"]+)"`, "m").exec(config)?.[1];
}

/**
 * A folder with a graph, perhaps in `onnx/`, and perhaps with the `config.json` of a transformer.
 *
 * @param name Name of the graph. @default `model.onnx`, or that of the only graph
 */
async function plainModel(folder: string, name?: string): Promise<FoundModel | undefined> {
  for (const directory of [folder, path.join(folder, "onnx")]) {
    const graphs = (await readdir(directory).catch(() => [])).filter((file) => file.endsWith(".onnx")).sort();
    const [first, second] = graphs;
    if (name !== undefined && graphs.includes(name)) return { graph: path.join(directory, name), notes: [] };
    if (first === undefined || name !== undefined) continue;
    const chosen = graphs.includes(MODEL_FILE) ? MODEL_FILE : first;
    if (second !== undefined && chosen !== MODEL_FILE) {
      throw new UserError(`${directory} has several graphs (${graphs.join(", ")}): import one of them by its path`);
    }
    const others = graphs.filter((file) => file !== chosen);
    return {
      graph: path.join(directory, chosen),
      ...(await transformerFields(folder)),
      notes: others.length === 0 ? [] : [`${others.join(", ")} beside ${chosen} was left out`],
    };
  }
  return undefined;
}

/** The labels in the configuration of a transformer. */
async function transformerFields(folder: string): Promise<Pick<FoundModel, "labels">> {
  const names = property(await jsonOf(path.join(folder, "config.json")), "id2label");
  if (typeof names !== "object" || names === null) return {};
  const labels = Object.entries(names)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => String(label));
  return labels.length === 0 ? {} : { labels };
}

/** The only model of a repository. */
async function onlyModel(folder: string): Promise<FoundModel | undefined> {
  const models: string[] = [];
  for (const name of (await subdirectories(folder)).sort()) {
    const versions = await subdirectories(path.join(folder, name));
    if (versions.some((version) => ModelVersion.safeParse(version).success)) models.push(path.join(folder, name));
  }
  const [only, ...others] = models;
  if (only === undefined) return undefined;
  if (others.length > 0) {
    throw new UserError(`${folder} is a repository of several models: import one of them, ${models.join(", ")}`);
  }
  return tritonModel(only);
}

/** What is in a folder without a graph. */
async function describeContent(folder: string): Promise<string> {
  const names = (await readdir(folder).catch(() => [])).sort();
  for (const name of names) {
    const head = await readHead(path.join(folder, name));
    const kind = head === undefined || /\.(?:json|txt|md)$/.test(name) ? undefined : wrongFile(head, name);
    if (kind !== undefined) return `${name} ${kind}`;
  }
  return names.length === 0 ? "it is empty" : `it has ${names.slice(0, 8).join(", ")}; put ${MODEL_FILE} there`;
}

async function textOf(file: string): Promise<string | undefined> {
  return (await readFile(file, "utf8").catch(() => undefined))?.replaceAll("\r\n", "\n");
}

async function jsonOf(file: string): Promise<unknown> {
  try {
    return JSON.parse((await textOf(file)) ?? "null");
  } catch {
    return undefined;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
