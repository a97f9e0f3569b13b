import { setTimeout as sleep } from "node:timers/promises";
import type { Wanted } from "./selection.ts";

/** Versions that have ended by themselves and are being opened anew. */
export class LostModels {
  readonly #lost = new Set<Wanted>();

  get isEmpty(): boolean {
    return this.#lost.size === 0;
  }

  has({ name, version }: Wanted): boolean {
    return [...this.#lost].some((one) => one.name === name && one.version === version);
  }

  /**
   * Opens a version anew, time and again; resolves when it is open, given up, or `signal` is aborted.
   *
   * @param open Resolves to whether it is served.
   * @param retryMs Time between two tries, in milliseconds.
   */
  async reopen(one: Wanted, open: () => Promise<boolean>, retryMs: number, signal: AbortSignal): Promise<void> {
    this.#lost.add(one);
    while (!signal.aborted && this.#lost.has(one) && !(await open())) {
      await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
    }
    this.#lost.delete(one);
  }

  /** Whether there were any such. */
  giveUp(which: (one: Wanted) => boolean): boolean {
    const found = [...this.#lost].filter(which);
    for (const one of found) {
      this.#lost.delete(one);
    }
    return found.length > 0;
  }
}
