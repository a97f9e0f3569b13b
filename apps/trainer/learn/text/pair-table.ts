import { NumberList } from "./number-list.ts";

/** A power of two. */
const INITIAL_CAPACITY = 1 << 12;

/** Numbers pairs of numbers in the order of first appearance. A hash table on typed arrays with linear probing. */
export class PairTable {
  readonly #firsts = new NumberList();
  readonly #seconds = new NumberList();
  /** By slot: the pair's number + 1; 0 for an empty slot. */
  #slots = new Uint32Array(INITIAL_CAPACITY);

  /** The first number of each pair. */
  get firsts(): Uint32Array {
    return this.#firsts.view();
  }

  get seconds(): Uint32Array {
    return this.#seconds.view();
  }

  /** The number of a pair; a new pair gets the next number. */
  numberOf(first: number, second: number): number {
    const slot = this.#slotOf(first, second);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return found - 1;
    const number = this.#firsts.length;
    this.#firsts.push(first);
    this.#seconds.push(second);
    this.#slots[slot] = number + 1;
    if (2 * this.#firsts.length > this.#slots.length) this.#grow();
    return number;
  }

  /** The number of a pair; undefined if it is not in the table. */
  find(first: number, second: number): number | undefined {
    const found = this.#slots[this.#slotOf(first, second)] ?? 0;
    return found > 0 ? found - 1 : undefined;
  }

  /** The slot of the pair, or the empty slot where it belongs. */
  #slotOf(first: number, second: number): number {
    const last = this.#slots.length - 1;
    const mixed = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & last;
    for (;;) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0 || (this.#firsts.at(number) === first && this.#seconds.at(number) === second)) return slot;
      slot = (slot + 1) & last;
    }
  }

  #grow(): void {
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let number = 0; number < this.#firsts.length; number++)
      this.#slots[this.#slotOf(this.#firsts.at(number), this.#seconds.at(number))] = number + 1;
  }
}
