import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const repository = path.resolve(import.meta.dirname, "../..");

/** What each source file imports; all paths are relative to the repository. Type imports count. */
export interface ImportGraph {
  /** Imported files by importing file. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** Imported packages and built-in modules (`node:fs`) by importing file. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

/** A room of the layer table: its path (a folder, or one file) and the rooms it may import besides itself. */
export interface Room {
  readonly path: string;
  readonly imports: readonly string[];
}

/** Reads the imports of every TypeScript file below the given folders. */
export function importGraph(folders: readonly string[]): ImportGraph {
  const files = new Map<string, string[]>();
  const packages = new Map<string, string[]>();
  for (const folder of folders) {
    for (const file of globSync(`${folder}/**/*.ts`, { cwd: repository, exclude: ["**/node_modules/**"] }).sort()) {
      const names = ts
        .preProcessFile(readFileSync(path.join(repository, file), "utf8"))
        .importedFiles.map(({ fileName }) => fileName);
      const isRelative = (name: string) => name.startsWith(".");
      files.set(
        file,
        names.filter(isRelative).map((name) => path.join(path.dirname(file), name)),
      );
      packages.set(
        file,
        names.filter((name) => !isRelative(name)),
      );
    }
  }
  return { files, packages };
}

/** Import cycles, each as the list of its files from the first one back to it; empty where there is none. */
export function importCycles({ files }: ImportGraph): string[][] {
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push([...trail.slice(start), file]);
    if (start >= 0 || finished.has(file)) return;
    for (const imported of files.get(file) ?? []) visit(imported, [...trail, file]);
    finished.add(file);
  };
  for (const file of files.keys()) visit(file, []);
  return cycles;
}

/** Imports that the table does not allow, as `<file> imports <file>`. A file belongs to the room with the longest path. */
export function forbiddenImports({ files }: ImportGraph, rooms: readonly Room[]): string[] {
  const roomOf = (file: string) =>
    rooms
      .filter((room) => file === room.path || file.startsWith(`${room.path}/`))
      .sort((a, b) => b.path.length - a.path.length)[0];
  return [...files].flatMap(([file, imported]) => {
    const room = roomOf(file);
    if (room === undefined) return [];
    return imported
      .filter((other) => {
        const target = roomOf(other)?.path ?? other;
        return target !== room.path && !room.imports.includes(target);
      })
      .map((other) => `${file} imports ${other}`);
  });
}

/** The packages and built-in modules that files below `folder` import, each once, in alphabetical order. */
export function packagesBelow({ packages }: ImportGraph, folder: string): string[] {
  const found = [...packages].filter(([file]) => file.startsWith(`${folder}/`)).flatMap(([, names]) => names);
  return [...new Set(found)].sort();
}
