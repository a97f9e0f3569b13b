import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./layout.ts";
import { ownerIsGone } from "./owner.ts";

/**
 * Age from which an unfinished file or folder of another machine's process counts as left behind. Writing one takes
 * seconds; the margin allows for slow disks and for clocks that differ between nodes.
 */
const ABANDONED_MS = 10 * 60_000;

/** Removes what killed writers left unfinished in a directory; returns the names removed. */
export async function sweepTemporaries(directory: string): Promise<string[]> {
  const removed: string[] = [];
  for (const name of await temporaries(directory)) {
    const target = path.join(directory, name);
    if (!ownerIsGone(name) && !(await isOld(target))) continue;
    await rm(target, { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

async function temporaries(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.includes(TEMPORARY_PREFIX));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function isOld(target: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(target)).mtimeMs > ABANDONED_MS;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}
