import { unavailable } from "../../http-error.ts";

/** A bound on the memory for long requests: many of them at once must not exhaust the process's memory. */
export class MemoryBudget {
  #left: number;
  readonly #reason: string;

  /**
   * @param bytes Total; at least what the longest request needs.
   * @param reason What there is too much of, for the error message.
   */
  constructor(bytes: number, reason: string) {
    this.#left = bytes;
    this.#reason = reason;
  }

  /**
   * Takes memory.
   *
   * @throws HttpError 503 if not enough is left.
   */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw unavailable("overloaded", `${this.#reason}; try again shortly`);
    }
  }

  /** Returns memory that was taken, also by a `take` that threw. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
