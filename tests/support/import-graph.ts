import { glob, readFile } from "node:fs/promises";
import path from "node:path";

const repository = path.resolve(import.meta.dirname, "../..");

/** Rooms of equal rank: folders or files, relative to their root. They must not import each other. */
export type Layer = readonly string[];

/** The files of a root folder by their path in it, each with what it imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Static and dynamic imports, types included, and modules of worker threads. */
const IMPORT = /(?:\bfrom |\bimport |\bimport\(|\bnew URL\()"([^"]+)"/g;

/**
 * The files of a root folder, each with its imports from the same root.
 *
 * @param root relative to the repository
 * @param isIncluded which files count, by their path in the root. @default all
 */
export async function importGraph(
  root: string,
  isIncluded: (file: string) => boolean = () => true,
): Promise<ImportGraph> {
  const graph = new Map<string, readonly string[]>();
  const folder = path.join(repository, root);
  for (const file of await filesBelow(root)) {
    if (!isIncluded(file)) continue;
    const modules = await importsOf(path.join(folder, file));
    const imported = modules.filter(isRelative).map((to) => path.join(path.dirname(file), to));
    graph.set(
      file,
      imported.filter((to) => to.endsWith(".ts") && !to.startsWith("..") && isIncluded(to)),
    );
  }
  return graph;
}

/** The packages and built-in modules that files below a folder import, each once, in alphabetical order. */
export async function packagesBelow(root: string): Promise<string[]> {
  const packages = new Set<string>();
  for (const file of await filesBelow(root)) {
    const modules = await importsOf(path.join(repository, root, file));
    for (const name of modules) if (!isRelative(name)) packages.add(name);
  }
  return [...packages].sort();
}

const isRelative = (name: string) => name.startsWith(".");

async function filesBelow(root: string): Promise<string[]> {
  const exclude = ["**/node_modules/**", "**/dist/**"];
  return (await Array.fromAsync(glob("**/*.ts", { cwd: path.join(repository, root), exclude }))).sort();
}

async function importsOf(file: string): Promise<string[]> {
  return [...(await readFile(file, "utf8")).matchAll(IMPORT)].map(([, name = ""]) => name);
}

/** The rank of a file's layer, 0 for the highest, and its room. */
export function placeOf(file: string, layers: readonly Layer[]): { readonly rank: number; readonly room: string } {
  const contains = (room: string) => room === "." || file === room || file.startsWith(`${room}/`);
  const lengthOf = (room: string) => (room === "." ? 0 : room.length);
  const rooms = layers.flatMap((layer, rank) => layer.filter(contains).map((room) => ({ rank, room })));
  const [longest] = rooms.sort((a, b) => lengthOf(b.room) - lengthOf(a.room));
  if (longest === undefined) throw new Error(`${file} is in no layer`);
  return longest;
}

/** The imports that the layers do not allow, one line each. */
export function wrongImports(graph: ImportGraph, layers: readonly Layer[]): string[] {
  const lines: string[] = [];
  for (const [file, imports] of graph) {
    const from = placeOf(file, layers);
    for (const imported of imports) {
      const to = placeOf(imported, layers);
      if (to.room !== from.room && to.rank <= from.rank) {
        lines.push(`${file} (${from.room}) must not import ${imported} (${to.room})`);
      }
    }
  }
  return lines;
}

/** The import circles, each as the path from a file back to itself. */
export function circles(graph: ImportGraph): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]) => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      found.push([...trail.slice(start), file].join(" → "));
    } else if (!done.has(file)) {
      for (const imported of graph.get(file) ?? []) visit(imported, [...trail, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
