import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { errorCode } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./layout.ts";
import { ownerIsGone } from "./owner.ts";

/**
 * An unfinished file or folder of a process on another machine is abandoned after this time. Writing one takes seconds; the
 * margin allows for slow disks and clock differences between nodes.
 */
const ABANDONED_MS = 10 * 60_000;

/** Removes unfinished files and folders of dead processes from a directory; returns their names. */
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
