import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { versionDirectory } from "../../registry/layout.ts";

/** A file in a version's folder: what changes when it is written. */
export interface FileStamp {
  readonly name: string;
  /** Size and times; undefined if the file cannot be examined. */
  readonly state: { readonly size: number; readonly modified: number; readonly changed: number } | undefined;
}

/**
 * The files in a version's folder, by name. The times include that of the last change of mode or owner, for a file that was not
 * readable.
 */
export async function versionFiles(root: string, model: string, version: string): Promise<FileStamp[]> {
  const directory = versionDirectory(root, model, version);
  const names = (await readdir(directory).catch(() => [])).sort();
  return Promise.all(
    names.map(async (name) => {
      const found = await stat(path.join(directory, name)).catch(() => undefined);
      return { name, state: found && { size: found.size, modified: found.mtimeMs, changed: found.ctimeMs } };
    }),
  );
}

/** Sizes and times of files in one text: a version that failed is worth another try once it changes. */
export function stampOf(files: readonly FileStamp[]): string {
  return files.map(({ name, state }) => `${name} ${state?.size} ${state?.modified} ${state?.changed}`).join("\n");
}

/**
 * When one of the files was last written here, in milliseconds since 1970. Tools that copy keep the time of modification, but
 * not that of the last change.
 */
export function lastChange(files: readonly FileStamp[]): number {
  return Math.max(0, ...files.map(({ state }) => state?.changed ?? 0));
}
