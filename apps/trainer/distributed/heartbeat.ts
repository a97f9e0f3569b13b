import { stat, utimes } from "node:fs/promises";
import path from "node:path";
import { workerFile } from "./run-folder.ts";

/** How often a worker says that it is there. */
const HEARTBEAT_MS = 2_000;

/** Touches this worker's file until it is told to stop. Returns what stops it. */
export function keepAlive(folder: string, worker: number): () => void {
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path.join(folder, workerFile(worker)), now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  return () => clearInterval(heartbeat);
}

/** For how long workers that are waited for have given no sign, by this process's own clock: those of nodes differ. */
export class SignsOfLife {
  readonly #folder: string;
  readonly #seen = new Map<number, { mark: number; at: number }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Milliseconds since a worker's file last changed, counted from the first time it was asked for. */
  async silence(worker: number): Promise<number> {
    const mark = await stat(path.join(this.#folder, workerFile(worker))).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const seen = this.#seen.get(worker);
    if (seen?.mark === mark) return Date.now() - seen.at;
    this.#seen.set(worker, { mark, at: Date.now() });
    return 0;
  }
}
