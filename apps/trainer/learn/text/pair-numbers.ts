import { NumberList } from "./number-list.ts";

/** Least size of the table, a power of two. */
const LEAST = 1 << 12;

/** Numbers pairs of numbers in the order they come: a hash table on typed arrays with linear probing. */
export class PairNumbers {
  readonly #firsts = new NumberList();
  readonly #seconds = new NumberList();
  /** By place: the pair's number + 1; 0 for an empty place. */
  #places = new Uint32Array(LEAST);

  /** The first number of each pair. */
  get firsts(): Uint32Array {
    return this.#firsts.view();
  }

  get seconds(): Uint32Array {
    return this.#seconds.view();
  }

  /** The number of a pair, a new one where it has none. */
  numberOf(first: number, second: number): number {
    const place = this.#placeOf(first, second);
    const found = this.#places[place] ?? 0;
    if (found > 0) return found - 1;
    const number = this.#firsts.length;
    this.#firsts.push(first);
    this.#seconds.push(second);
    this.#places[place] = number + 1;
    if (2 * this.#firsts.length > this.#places.length) this.#grow();
    return number;
  }

  /** The number of a pair; undefined where it has none. */
  find(first: number, second: number): number | undefined {
    const found = this.#places[this.#placeOf(first, second)] ?? 0;
    return found > 0 ? found - 1 : undefined;
  }

  /** Where the pair is, or would be put. */
  #placeOf(first: number, second: number): number {
    const last = this.#places.length - 1;
    const mixed = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
    let place = (mixed ^ (mixed >>> 15)) & last;
    for (;;) {
      const number = (this.#places[place] ?? 0) - 1;
      if (number < 0 || (this.#firsts.at(number) === first && this.#seconds.at(number) === second)) return place;
      place = (place + 1) & last;
    }
  }

  #grow(): void {
    this.#places = new Uint32Array(2 * this.#places.length);
    for (let number = 0; number < this.#firsts.length; number++)
      this.#places[this.#placeOf(this.#firsts.at(number), this.#seconds.at(number))] = number + 1;
  }
}
