const LEAST = 1 << 10;

/** A list of whole numbers (0 … 2³² − 1) that grows, in the memory of a typed array. */
export class NumberList {
  #numbers = new Uint32Array(LEAST);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#numbers[index] ?? 0;
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#length++] = number;
  }

  /** The numbers so far; a view, which is out of date after the next `push`. */
  view(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }
}
