import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isSeq, parse, parseDocument } from "yaml";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { parseValues, type ResolvedStack, validateConfig } from "../../config/index.ts";
import { readStack } from "../../render/stack-file.ts";
import { CAPACITY_KEYS, type Capacity, type ModelView, type Pods, type Settings } from "../settings/settings.ts";

type Values = Readonly<Record<string, unknown>>;

/** A stack as its files have it now. */
export interface StackFiles {
  readonly project: string;
  readonly values: Values;
  readonly resolved: ResolvedStack;
}

/**
 * Reads and checks a stack's files.
 *
 * @throws ConfigError or StackFileError naming what is wrong
 */
export async function readStackFiles(files: readonly string[]): Promise<StackFiles> {
  const { project, values: texts } = await readStack(repositoryRoot, files);
  const values = parseValues(texts, project);
  return { project, values, resolved: validateConfig(values, files.join(", "), () => undefined) };
}

/** The part of a stack that a model's rollout changes. @throws UserError if the model has no canary */
export function viewOf({ values, resolved }: Pick<StackFiles, "values" | "resolved">, entry: string): ModelView {
  const index = resolved.models.findIndex((each) => each.entry === entry);
  const model = resolved.models[index];
  if (model === undefined) throw new UserError(`the stack has no model "${entry}" any more`, "restore it, or abort");
  const { traffic } = model;
  if (traffic?.canary === undefined) {
    throw new UserError(`models: "${entry}" has no canary`, "name the version to roll out as traffic.canary");
  }
  const written = listAt(listAt(values, "models")[index], "versions");
  const { stable, canary } = traffic;
  const capacity: Record<string, Capacity> = {};
  const pods: Record<string, Pods> = {};
  model.versions.forEach(({ version, replicas, autoscaling }, place) => {
    if (version !== stable && version !== canary) return;
    capacity[version] = capacityOf(written[place]);
    pods[version] = {
      replicas,
      ...(autoscaling === undefined ? {} : { autoscaling: { ...autoscaling } as Pods["autoscaling"] & object }),
    };
  });
  return { settings: { stable, canary, weight: traffic.canaryWeight, capacity }, pods };
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = typeof value === "object" && value !== null ? (Reflect.get(value, key) as unknown) : undefined;
  return Array.isArray(list) ? list : [];
}

function capacityOf(version: unknown): Capacity {
  if (typeof version !== "object" || version === null) return {};
  const entries = CAPACITY_KEYS.map((key) => [key, Reflect.get(version, key) as unknown] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Capacity;
}

/** A stack file's text, while it is edited. */
export interface EditedFile {
  readonly file: string;
  readonly text: string;
}

/** The model whose settings are edited, as its entry is written. */
export interface EditedModel {
  readonly project: string;
  readonly model: string;
  readonly name?: string;
}

type Path = readonly (string | number)[];

/**
 * The texts of a stack's files with other settings of a model. A setting is changed where it is written; a new one goes to the
 * last file that has its version or model. Comments and everything else stay.
 *
 * @returns the files whose text is different
 * @throws UserError if no file has the model as YAML
 */
export function editSettings(
  files: readonly EditedFile[],
  model: EditedModel,
  before: Settings,
  after: Settings,
): EditedFile[] {
  const documents = files.map(({ file, text }) => ({ file, text, document: parseDocument(text) }));
  const edit = new Edit(
    documents.map(({ document }) => document),
    model,
  );
  if (before.stable !== after.stable) edit.set(undefined, ["traffic", "stable"], after.stable);
  if (before.canary !== after.canary) edit.set(undefined, ["traffic", "canary"], after.canary);
  if (before.weight !== after.weight) edit.set(undefined, ["traffic", "canaryWeight"], after.weight);
  for (const [version, capacity] of Object.entries(after.capacity)) {
    for (const key of CAPACITY_KEYS) {
      const value = capacity[key];
      if (!isDeepStrictEqual(before.capacity[version]?.[key], value)) edit.set(version, [key], value);
    }
  }
  return documents
    .map(({ file, text, document }) => ({ file, text, edited: written(document, text) }))
    .filter(({ file }) => edit.touched.has(files.findIndex((each) => each.file === file)))
    .map(({ file, edited }) => ({ file, text: edited }));
}

/** The text of a document, with the lines of the original where only the spaces inside of brackets differ. */
function written(document: Document, original: string): string {
  const text = document.toString({ lineWidth: 0 });
  const bare = (line: string) => `${/^ */.exec(line)?.[0]}${line.trimStart().replace(/\s*([[\]{}])\s*/g, "$1")}`;
  const lines = new Map(original.split("\n").map((line) => [bare(line), line]));
  const restored = text
    .split("\n")
    .map((line) => lines.get(bare(line)) ?? line)
    .join("\n");
  return isDeepStrictEqual(parse(restored), parse(text)) ? restored : text;
}

class Edit {
  /** Indices of the documents that were changed. */
  readonly touched = new Set<number>();
  readonly #documents: readonly Document[];
  readonly #model: EditedModel;

  constructor(documents: readonly Document[], model: EditedModel) {
    this.#documents = documents;
    this.#model = model;
  }

  /** Sets, or removes, a setting of the model, or of one of its versions. */
  set(version: string | undefined, setting: Path, value: unknown): void {
    const places = this.#documents.map((document) => this.#place(document, version));
    const written = places.findLastIndex(
      (place, index) => place !== undefined && this.#has(index, [...place, ...setting]),
    );
    const target = written !== -1 ? written : places.findLastIndex((place) => place !== undefined);
    const place = places[target];
    const document = this.#documents[target];
    if (place === undefined || document === undefined) {
      const what = version === undefined ? "" : `version "${version}" of `;
      throw new UserError(
        `${what}model "${this.#model.name ?? this.#model.model}" is in none of the stack's files as YAML`,
        "write it there as a list item",
      );
    }
    this.touched.add(target);
    if (value !== undefined) {
      document.setIn([...place, ...setting], value);
      return;
    }
    places.forEach((each, index) => {
      if (each === undefined || !this.#has(index, [...each, ...setting])) return;
      this.#documents[index]?.deleteIn([...each, ...setting]);
      this.touched.add(index);
    });
  }

  #has(index: number, path: Path): boolean {
    return this.#documents[index]?.hasIn(path) === true;
  }

  /** The path of the model's item in a document, or of one of its versions. */
  #place(document: Document, version: string | undefined): Path | undefined {
    const { project, model, name } = this.#model;
    for (const key of [`${project}:models`, "models"]) {
      const path = ["config", key];
      const item = indexOf(document, path, (each) => String(each["name"] ?? each["model"]) === (name ?? model));
      if (item === undefined) continue;
      if (version === undefined) return [...path, item];
      const versions = [...path, item, "versions"];
      const place = indexOf(document, versions, (each) => String(each["version"]) === version);
      if (place !== undefined) return [...versions, place];
    }
    return undefined;
  }
}

function indexOf(document: Document, path: Path, matches: (item: Values) => boolean): number | undefined {
  const list = document.getIn(path);
  if (!isSeq(list)) return undefined;
  const index = list.items.findIndex((item) => isMap(item) && matches(item.toJSON() as Values));
  return index === -1 ? undefined : index;
}

/** Writes settings to a stack's files, each in one step, so that no reader sees half a file. */
export async function writeSettings(
  files: readonly string[],
  model: EditedModel,
  before: Settings,
  after: Settings,
): Promise<void> {
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
  for (const { file, text } of editSettings(texts, model, before, after)) {
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, text, { mode: (await stat(file)).mode & 0o777 });
    await rename(temporary, file);
  }
}
