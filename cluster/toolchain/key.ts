import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleFolder, type Tool } from "./tool.ts";

/** Sources that determine the result of a tool's build: path inside its module folder → content. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Reads the files of a tool's module folder (go.mod, go.sum, our own Go code), except programs that belong to other tools.
 * Empty if the tool has no module folder.
 */
export function readSources(tool: Tool, folder: string = moduleFolder(tool)): Sources {
  const sources = new Map<string, string>();
  if (!existsSync(folder)) return sources;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const inside = path.slice(folder.length + 1);
    if (inside.startsWith("cmd/") && !tool.binaries.some((binary) => isPartOf(inside, binary.package))) continue;
    sources.set(inside, readFileSync(path, "utf8"));
  }
  return sources;
}

/** Whether a file of the module folder belongs to the program `./cmd/NAME`. */
function isPartOf(file: string, program: string): boolean {
  return `./${file}`.startsWith(`${program}/`);
}

/**
 * Name of a tool's folder in the cache: name, version and a hash of everything the build depends on (packages, flags, copied
 * files, module sources, architecture), so that the same name means the same content.
 */
export function toolKey(tool: Tool, sources: Sources, architecture: string = process.arch): string {
  const { minutes: _minutes, root: _root, ...inputs } = tool;
  const ordered = [...sources].sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify([architecture, inputs, ordered]));
  return `${tool.name}-${tool.version}-${hash.digest("hex").slice(0, 12)}`;
}
