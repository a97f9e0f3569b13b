import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, parseDocument } from "yaml";
import { DECIDED_HERE } from "./workspace.ts";

/** A stack's settings by their full names, such as `ml-platform:canaryWeight`. */
export type StackSettings = Readonly<Record<string, unknown>>;

/** Where settings that were changed belong. */
export interface SettingsPlace {
  /** Name of the project, which a setting of it may be written with or without. */
  readonly project: string;
  /** The stack's own file: the last one, where several are laid over one another. */
  readonly file: string;
  /** File for what must not leave this machine. */
  readonly local: string;
}

/** The settings in a stack file; none where there is no such file. */
export async function readSettings(file: string): Promise<StackSettings> {
  const text = await readFile(file, "utf8").catch(() => "");
  return (parse(text) as { config?: StackSettings } | null)?.config ?? {};
}

/**
 * Writes the settings that a command has changed to the stack's own file, its comments and its order kept. Secrets go to
 * the file beside the state, since only this machine's passphrase opens them.
 *
 * @returns what was done, a line for each setting
 */
export async function writeBack(before: StackSettings, after: StackSettings, place: SettingsPlace): Promise<string[]> {
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
  const lines: string[] = [];
  for (const key of changed) lines.push(await writeSetting(key, ofTheSameKind(before[key], after[key]), place));
  return lines;
}

/** The CLI sets every value as text. What was a number, or true or false, stays one. */
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
  // A plain value must not lose against the secret that it takes the place of.
  if (target === file) await edit(local, [key, short], undefined, false);
  const shown = path.relative(process.cwd(), target);
  return value === undefined ? `${short} removed from ${shown}` : `${short} written to ${shown}`;
}

/** Sets or removes a setting under whichever of its names the file has, else under the first. */
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
