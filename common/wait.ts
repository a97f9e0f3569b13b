import { setTimeout as sleep } from "node:timers/promises";

/** How to poll. */
export interface WaitOptions {
  /** Milliseconds between two calls. @default 500 */
  readonly interval?: number;
  /** Milliseconds after which to give up. @default never */
  readonly timeout?: number;
  /** Gives up early. @default never */
  readonly signal?: AbortSignal;
}

/**
 * Calls `look` until it returns something other than undefined, and returns that. Errors of `look` end the wait.
 *
 * Not p-wait-for, which rejects with its own error on a timeout, whereas the callers here report the last state that they saw.
 *
 * @returns undefined on a timeout or an abort; `look` is called at least once before a timeout
 */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  { interval = 500, timeout = Number.POSITIVE_INFINITY, signal }: WaitOptions = {},
): Promise<T | undefined> {
  const deadline = performance.now() + timeout;
  while (signal?.aborted !== true) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) return undefined;
    await sleep(interval, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
  return undefined;
}
