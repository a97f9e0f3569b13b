import { stat, utimes } from "node:fs/promises";
import path from "node:path";
import { workerFile } from "./run-folder.ts";

const HEARTBEAT_MS = 2_000;

/** Updates the time of this worker's file at regular intervals. Returns a function that stops it. */
export function sendHeartbeats(folder: string, worker: number): () => void {
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path.join(folder, workerFile(worker)), now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  return () => clearInterval(heartbeat);
}

/** Measures the time since other workers' heartbeats by this process's clock, because the clocks of nodes differ. */
export class HeartbeatMonitor {
  readonly #folder: string;
  readonly #seen = new Map<number, { modified: number; at: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Milliseconds since a worker's last heartbeat, or since the first call for this worker if there was none after it. */
  async sinceHeartbeat(worker: number): Promise<number> {
    const modified = await stat(path.join(this.#folder, workerFile(worker))).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const seen = this.#seen.get(worker);
    if (seen?.modified === modified) return Date.now() - seen.at;
    this.#seen.set(worker, { modified, at: Date.now() });
    return 0;
  }
}
