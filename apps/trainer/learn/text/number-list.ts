const INITIAL_CAPACITY = 1 << 10;

/** A growing list of whole numbers (0 … 2³² − 1), stored in a typed array. */
export class NumberList {
  #numbers = new Uint32Array(INITIAL_CAPACITY);
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

  /** The numbers so far, as a view that the next `push` may invalidate. */
  view(): Uint32Array {
    return this.#numbers.subarray(0, this.#length);
  }
}
