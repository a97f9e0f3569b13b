import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { layerSettings, type Settings } from "./layers.ts";
import { parseYamlFile, type YamlPath } from "./yaml-file.ts";

const ProjectFile = z.object({ name: z.string().min(1) });
const StackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/**
 * What a stack file has beside its settings.
 *
 * @see https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/
 */
const BESIDE_CONFIG = ["secretsprovider", "encryptedkey", "encryptionsalt", "environment"];

/** A file cannot be used. The message names the file and the remedy, one line for each problem. */
export class StackFileError extends Error {
  override readonly name = "StackFileError";
}

/** What a stack file sets. */
export interface StackSettings {
  /** The project's name, which begins the stack's own configuration keys. */
  readonly project: string;
  /** Configuration values as Pulumi passes them to a program: text, with objects and lists as JSON. */
  readonly values: Readonly<Record<string, string>>;
  /** Hashes of the encrypted values by key: only the Pulumi CLI can read the values. */
  readonly encrypted: Readonly<Record<string, string>>;
}

/**
 * Reads `Pulumi.yaml` and a stack, from one file or from several merged ones.
 *
 * @param directory folder of the project
 * @param files paths of the stack files; later ones are merged over earlier ones
 * @throws StackFileError if one of them is missing or malformed
 */
export async function readStack(directory: string, files: readonly string[]): Promise<StackSettings> {
  const project = await readProjectName(directory);
  return settingsOf(project, await readLayers(project, files));
}

/**
 * What {@link readStack} gives, from texts that are not, or not yet, in files.
 *
 * @param texts of the stack files; later ones are merged over earlier ones
 * @throws StackFileError if one of them is malformed
 */
export function readStackTexts(
  project: string,
  texts: readonly { readonly file: string; readonly text: string }[],
): StackSettings {
  return settingsOf(
    project,
    texts.map(({ file, text }) => readStackFile(project, file, Buffer.from(text))),
  );
}

function settingsOf(project: string, layers: readonly Settings[]): StackSettings {
  const { config } = StackFile.parse(layerSettings(layers));
  const secure = Object.entries(config).filter(([, value]) => containsSecure(value));
  const hash = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");
  const encrypted = Object.fromEntries(secure.map(([key, value]) => [key, hash(value)]));
  const values = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !Object.hasOwn(encrypted, key))
      .map(([key, value]) => [key, asText(value)]),
  );
  return { project, values, encrypted };
}

/** The project's name, from its `Pulumi.yaml`. */
export async function readProjectName(directory: string): Promise<string> {
  const file = path.join(directory, "Pulumi.yaml");
  return read(file, ProjectFile, parseYamlFile(await readBytes(file)).content).name;
}

/**
 * The content of several stack files merged into one. A setting may be written with or without the project's name before it;
 * the result has it.
 *
 * @param project the project's name
 * @param files paths of the stack files; later ones are merged over earlier ones
 * @throws StackFileError if one of them is missing or is not a stack file
 */
export async function readStackFiles(project: string, files: readonly string[]): Promise<Settings> {
  return layerSettings(await readLayers(project, files));
}

/** The content of each of several stack files, with the project's name before every setting. */
export async function readLayers(project: string, files: readonly string[]): Promise<Settings[]> {
  const layers: Settings[] = [];
  for (const file of files) layers.push(readStackFile(project, file, await readBytes(file)));
  return layers;
}

function readStackFile(project: string, file: string, bytes: Uint8Array): Settings {
  const { content, empty, problems } = parseYamlFile(bytes);
  rejectAll(file, problems);
  rejectAll(
    file,
    empty.map((place) => `${pathText(project, place)} is empty; give it a value, or null to remove an earlier file's`),
  );
  const { config, ...rest } = read(file, StackFile, content);
  const keys = Object.keys(config);
  const named = (key: string) => (key.includes(":") ? key : `${project}:${key}`);
  rejectAll(file, [
    ...Object.entries(rest).flatMap(([key, value]) => misplaced(project, key, value)),
    ...keys
      .filter((key) => key !== named(key) && keys.includes(named(key)))
      .map((key) => `${key} is given twice, with and without ${project}: before it; keep one`),
  ]);
  return { ...rest, config: Object.fromEntries(Object.entries(config).map(([key, value]) => [named(key), value])) };
}

/** What is wrong with a key beside `config`, where the Pulumi CLI ignores what it does not know. */
function misplaced(project: string, key: string, value: unknown): string[] {
  if (key === "environment" && typeof value === "string") {
    return [
      `environment: beside config it lists environments of Pulumi ESC; write ${project}:environment under config`,
    ];
  }
  return BESIDE_CONFIG.includes(key)
    ? []
    : [`${key}: is not read beside config; indent it, so that it is under config`];
}

async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new StackFileError(`${file}: there is no such file; name a stack with --stack, or a file with --config-file`);
  });
}

function read<T>(file: string, schema: z.ZodType<T>, content: unknown): T {
  const { data, error } = schema.safeParse(content);
  if (error !== undefined) throw new StackFileError(`${file}: is not a Pulumi file: ${z.prettifyError(error)}`);
  return data as T;
}

function rejectAll(file: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new StackFileError(problems.map((problem) => `${file}: ${problem}`).join("\n"));
}

/** A path in a stack file as messages write it: without `config` and without the project's name. */
function pathText(project: string, place: YamlPath): string {
  const [first, ...rest] = place[0] === "config" && place.length > 1 ? place.slice(1) : place;
  const head = String(first).startsWith(`${project}:`) ? String(first).slice(project.length + 1) : String(first);
  return rest.reduce<string>((text, step) => (typeof step === "number" ? `${text}[${step}]` : `${text}.${step}`), head);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function containsSecure(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || Object.values(value).some(containsSecure);
}
