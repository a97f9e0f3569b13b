import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode } from "../../registry/index.ts";

/** In a run's folder: the version that came out. With it the run is over. */
export const PUBLISHED_FILE = "published.json";
/** A run that has given no sign for so long is over: longer than Kubernetes lets a restart wait (5 minutes). */
const ABANDONED_MS = 15 * 60_000;

/** `<models>/.runs/<model>/<run>`: where the workers of a run exchange their shares. Never taken for a model. */
export function runFolder(models: string, model: string, run: string): string {
  return path.join(models, ".runs", model, run);
}

/** What a worker was started with; its time of modification is the worker's sign of life. */
export function workerFile(worker: number): string {
  return `worker-${worker}.json`;
}

/** Removes what other runs of the model have left and no worker has touched for a while; returns their names. */
export async function sweepRuns(models: string, model: string, own: string): Promise<string[]> {
  const folder = path.dirname(runFolder(models, model, own));
  const removed: string[] = [];
  try {
    for (const run of await readdir(folder)) {
      if (run === own || Date.now() - (await lastSign(path.join(folder, run))) < ABANDONED_MS) continue;
      await rm(path.join(folder, run), { recursive: true, force: true });
      removed.push(run);
    }
  } catch (error) {
    throw describeFault("cannot clean up", folder, error);
  }
  return removed;
}

/** Empties the folder of a run that is over, but for the version that came out. */
export async function emptyFolder(folder: string, keep: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!keep.includes(name)) await rm(path.join(folder, name), { force: true });
  }
}

async function lastSign(folder: string): Promise<number> {
  let latest = 0;
  for (const name of [".", ...(await readdir(folder))]) {
    try {
      latest = Math.max(latest, (await stat(path.join(folder, name))).mtimeMs);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
  }
  return latest;
}
