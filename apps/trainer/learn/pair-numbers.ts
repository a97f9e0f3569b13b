/** Least size of the table, a power of two. */
const LEAST = 1 << 12;

/** Numbers pairs of numbers in the order they come: a hash table on typed arrays with linear probing. */
export class PairNumbers {
  readonly firsts: number[] = [];
  readonly seconds: number[] = [];
  readonly #range: number;
  /** By place: the pair's key + 1, and its number; 0 for an empty place. */
  #keys = new Float64Array(LEAST);
  #numbers = new Uint32Array(LEAST);

  /** `range`: both numbers are below it. */
  constructor(range: number) {
    this.#range = range;
  }

  numberOf(first: number, second: number): number {
    const key = first * this.#range + second + 1;
    let place = this.#placeOf(first, second);
    for (;;) {
      const found = this.#keys[place];
      if (found === key) return this.#numbers[place] ?? 0;
      if (found === 0) break;
      place = (place + 1) & (this.#keys.length - 1);
    }
    const number = this.firsts.length;
    this.firsts.push(first);
    this.seconds.push(second);
    this.#keys[place] = key;
    this.#numbers[place] = number;
    if (2 * this.firsts.length > this.#keys.length) this.#grow();
    return number;
  }

  #placeOf(first: number, second: number): number {
    const mixed = Math.imul(first + 1, 0x9e3779b1) ^ Math.imul(second + 1, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.#keys.length - 1);
  }

  #grow(): void {
    this.#keys = new Float64Array(2 * this.#keys.length);
    this.#numbers = new Uint32Array(this.#keys.length);
    this.firsts.forEach((first, number) => {
      const second = this.seconds[number] ?? 0;
      let place = this.#placeOf(first, second);
      while (this.#keys[place] !== 0) place = (place + 1) & (this.#keys.length - 1);
      this.#keys[place] = first * this.#range + second + 1;
      this.#numbers[place] = number;
    });
  }
}
