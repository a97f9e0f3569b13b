/**
 * Seconds without trouble after which an object counts as recovered: a container that keeps crashing runs briefly
 * between crashes.
 */
const RECOVERY_SECONDS = 15;

/** Measures how long objects have been in trouble, and ignores short recoveries. */
export class TroubleTimer {
  readonly #timeoutSeconds: number;
  readonly #troubles = new Map<string, { readonly since: number; last: number }>();

  constructor(timeoutSeconds: number) {
    this.#timeoutSeconds = timeoutSeconds;
  }

  /**
   * Records the objects that are in trouble at the time `now`, in seconds.
   *
   * @returns whether one of them has been in trouble for longer than the timeout
   */
  isTimedOut(troubled: ReadonlySet<string>, now: number): boolean {
    for (const [key, { last }] of this.#troubles) {
      if (now - last > RECOVERY_SECONDS) this.#troubles.delete(key);
    }
    for (const key of troubled) this.#troubles.set(key, { since: this.#troubles.get(key)?.since ?? now, last: now });
    return [...troubled].some((key) => now - (this.#troubles.get(key)?.since ?? now) > this.#timeoutSeconds);
  }
}
