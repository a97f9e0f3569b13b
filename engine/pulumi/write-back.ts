import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, parseDocument } from "yaml";
import { DECIDED_HERE } from "./workspace.ts";

/** A stack's settings by their full names, such as `ml-platform:canaryWeight`. */
export type StackSettings = Readonly<Record<string, unknown>>;

/** Where changed settings are written. */
export interface SettingsPlace {
  /** Name of the project; settings may be written with or without it as a prefix. */
  readonly project: string;
  /** The stack's own file: the last one if several are layered. */
  readonly file: string;
  /** File for settings that must not leave this machine. */
  readonly local: string;
}

/** The settings in a stack file; empty if the file does not exist. */
export async function readSettings(file: string): Promise<StackSettings> {
  const text = await readFile(file, "utf8").catch(() => "");
  return (parse(text) as { config?: StackSettings } | null)?.config ?? {};
}

/**
 * Writes the settings that a command has changed to the stack's own file, and keeps its comments and order. Secrets go to the
 * file next to the state, because only this machine's passphrase can decrypt them.
 *
 * @returns one line for each setting that was written
 */
export async function writeBack(before: StackSettings, after: StackSettings, place: SettingsPlace): Promise<string[]> {
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  const lines: string[] = [];
  for (const key of changed) lines.push(await writeSetting(key, ofTheSameKind(before[key], after[key]), place));
  return lines;
}

/** The CLI sets every value as text. Numbers and booleans keep their type. */
function ofTheSameKind(before: unknown, after: unknown): unknown {
  if (typeof after !== "string" || !["number", "boolean"].includes(typeof before)) return after;
  const value: unknown = parse(after);
  return typeof value === typeof before ? value : after;
}

async function writeSetting(key: string, value: unknown, { project, file, local }: SettingsPlace): Promise<string> {
  const short = key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key;
  if (DECIDED_HERE.some((each) => each === short)) return `${short} is decided by npm run up here, and was not changed`;
  const target = containsSecret(value) ? local : file;
  await edit(target, [key, short], value);
  // The local file takes precedence: remove the secret that the plain value replaces.
  if (target === file) await edit(local, [key, short], undefined, false);
  const shown = path.relative(process.cwd(), target);
  return value === undefined ? `${short} removed from ${shown}` : `${short} written to ${shown}`;
}

/** Sets or removes a setting under the name that the file uses, otherwise under the first of its names. */
async function edit(file: string, names: readonly string[], value: unknown, create = true): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined && !create) return;
  const document = parseDocument(text ?? "config: {}\n");
  const name = names.find((each) => document.hasIn(["config", each])) ?? names[0];
  if (value === undefined) document.deleteIn(["config", name]);
  else document.setIn(["config", name], value);
  await writeFile(file, document.toString({ lineWidth: 0 }), { mode: 0o600 });
}

function containsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || Object.values(value).some(containsSecret);
}
