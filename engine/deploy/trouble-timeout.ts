/** Seconds without trouble after which it counts as over. A container that crashes again and again runs for a moment in between. */
const SPELL_SECONDS = 15;

/** Remembers since when something has been in trouble, over short spells in which it seems well. */
export class Patience {
  readonly #patienceSeconds: number;
  readonly #troubles = new Map<string, { readonly since: number; last: number }>();

  constructor(patienceSeconds: number) {
    this.#patienceSeconds = patienceSeconds;
  }

  /**
   * Takes what is in trouble at a moment, in seconds.
   *
   * @returns whether some of it has been in trouble for longer than the patience
   */
  isOver(troubled: ReadonlySet<string>, now: number): boolean {
    for (const [key, { last }] of this.#troubles) {
      if (now - last > SPELL_SECONDS) this.#troubles.delete(key);
    }
    for (const key of troubled) this.#troubles.set(key, { since: this.#troubles.get(key)?.since ?? now, last: now });
    return [...troubled].some((key) => now - (this.#troubles.get(key)?.since ?? now) > this.#patienceSeconds);
  }
}
