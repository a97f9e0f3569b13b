import { setTimeout as sleep } from "node:timers/promises";
import type { VersionId } from "./selection.ts";

/** Versions that have crashed and are being opened again. */
export class CrashedModels {
  readonly #crashed = new Set<VersionId>();

  get isEmpty(): boolean {
    return this.#crashed.size === 0;
  }

  has({ name, version }: VersionId): boolean {
    return [...this.#crashed].some((one) => one.name === name && one.version === version);
  }

  /**
   * Tries to open a version until it is open, `abandon` was called for it, or `signal` is aborted.
   *
   * @param open Resolves to whether it is served.
   * @param retryMs Time between two attempts, in milliseconds.
   */
  async reopen(one: VersionId, open: () => Promise<boolean>, retryMs: number, signal: AbortSignal): Promise<void> {
    this.#crashed.add(one);
    while (!signal.aborted && this.#crashed.has(one) && !(await open())) {
      await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
    }
    this.#crashed.delete(one);
  }

  /** Stops reopening some versions. Returns whether there were any. */
  abandon(which: (one: VersionId) => boolean): boolean {
    const found = [...this.#crashed].filter(which);
    for (const one of found) {
      this.#crashed.delete(one);
    }
    return found.length > 0;
  }
}
