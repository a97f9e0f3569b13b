import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { describeFault, errorCode } from "../../registry/index.ts";

/** Holds the published version of a finished run. */
export const PUBLISHED_FILE = "published.json";
/** A run without a heartbeat for this long is abandoned. Kubernetes delays the restart of a pod by at most 5 minutes. */
const ABANDONED_MS = 15 * 60_000;

/** `<models>/.runs/<model>/<run>`: where the workers of a run exchange their shares. `.runs` is not a valid model name. */
export function runFolder(models: string, model: string, run: string): string {
  return path.join(models, ".runs", model, run);
}

/** Holds the plan of a worker; its modification time is the worker's last heartbeat. */
export function workerFile(worker: number): string {
  return `worker-${worker}.json`;
}

/** Removes the folders of abandoned runs of the model, except for the run `own`; returns the names of the runs. */
export async function sweepRuns(models: string, model: string, own: string): Promise<string[]> {
  const folder = path.dirname(runFolder(models, model, own));
  const removed: string[] = [];
  try {
    for (const run of await readdir(folder)) {
      if (run === own || Date.now() - (await lastHeartbeat(path.join(folder, run))) < ABANDONED_MS) continue;
      await rm(path.join(folder, run), { recursive: true, force: true });
      removed.push(run);
    }
  } catch (error) {
    throw describeFault("cannot clean up", folder, error);
  }
  return removed;
}

/** Removes all files of a run's folder except for those in `keep`. */
export async function emptyFolder(folder: string, keep: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!keep.includes(name)) await rm(path.join(folder, name), { force: true });
  }
}

async function lastHeartbeat(folder: string): Promise<number> {
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
