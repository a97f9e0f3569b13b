import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { layerSettings, type Settings } from "./layers.ts";

const ProjectFile = z.object({ name: z.string().min(1) });
const StackFile = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });

/** A file cannot be used. The message names the file and the remedy. */
export class StackFileError extends Error {
  override readonly name = "StackFileError";
}

/** What a stack file sets. */
export interface StackSettings {
  /** The project's name, which begins the stack's own configuration keys. */
  readonly project: string;
  /** Configuration values as Pulumi passes them to a program: text, with objects and lists as JSON. */
  readonly values: Readonly<Record<string, string>>;
  /** Keys whose values are encrypted: only the Pulumi CLI can read them. */
  readonly encrypted: readonly string[];
}

/**
 * Reads `Pulumi.yaml` and a stack, from one file or from several merged ones.
 *
 * @param directory folder of the project
 * @param files paths of the stack files; later ones are merged over earlier ones
 * @throws StackFileError if one of them is missing or malformed
 */
export async function readStack(directory: string, files: readonly string[]): Promise<StackSettings> {
  const { name: project } = await readYaml(path.join(directory, "Pulumi.yaml"), ProjectFile);
  const { config } = StackFile.parse(await readStackFiles(project, files));
  const encrypted = Object.keys(config).filter((key) => containsSecure(config[key]));
  const values = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => !encrypted.includes(key))
      .map(([key, value]) => [key, asText(value)]),
  );
  return { project, values, encrypted };
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
  const layers: Settings[] = [];
  for (const file of files) {
    const { config, ...rest } = await readYaml(file, StackFile);
    const named = Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${project}:${key}`, value]);
    layers.push({ ...rest, config: Object.fromEntries(named) });
  }
  return layerSettings(layers);
}

async function readYaml<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new StackFileError(`${file}: there is no such file; name a stack with --stack, or a file with --config-file`);
  });
  try {
    return schema.parse(parse(text) ?? {});
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new StackFileError(`${file}: is not a Pulumi file: ${reason}`);
  }
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function containsSecure(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || Object.values(value).some(containsSecure);
}
