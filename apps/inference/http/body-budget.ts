import { unavailable } from "../http-error.ts";

/** Memory for all bodies that are arriving at the same time: many long ones at once must not end the process. */
export class BodyBudget {
  #left: number;

  /** @param bytes How much there is; at least the longest body. */
  constructor(bytes: number) {
    this.#left = bytes;
  }

  /**
   * Takes what a body needs next.
   *
   * @throws Problem 503 where there is not as much left.
   */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw unavailable("overloaded", "too many long requests are arriving at once; try again shortly");
    }
  }

  /** Returns what was taken, also by a `take` that threw. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
