import { HttpError } from "../http-error.ts";

/** One pending deadline, in a list ordered by when it was set. */
interface Entry {
  readonly at: number;
  /** Undefined once it was called or canceled. */
  expire: (() => void) | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/**
 * Longest time between two ticks of the timer, in milliseconds, pending deadlines or not: if a request had to restart a timer
 * that had run out, it would take a path that V8 has not optimized, and deoptimize the common one.
 */
const TICK_MS = 1000;

/**
 * The deadlines of all requests of a server. They share one timer, because nearly all are canceled within microseconds and a
 * timer for each would cost more than the rest of a small request.
 *
 * The entries form a linked list rather than a `Set`: the outgrown tables of a large set keep canceled entries in memory,
 * and with them everything that their requests reference.
 */
export class Deadlines {
  #first: Entry | undefined;
  #last: Entry | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  readonly #tick = () => this.#expireDue();

  /**
   * Calls `expire` at `deadline` unless it is canceled earlier.
   *
   * @param deadline On the clock of `performance.now()`, in milliseconds.
   * @returns Cancels it.
   */
  set(deadline: number, expire: () => void): () => void {
    const entry: Entry = { at: deadline, expire, previous: this.#last, next: undefined };
    if (this.#last === undefined) {
      this.#first = entry;
    } else {
      this.#last.next = entry;
    }
    this.#last = entry;
    if (deadline < this.#timerAt) {
      this.#startTimer(deadline);
    }
    return () => this.#remove(entry);
  }

  /**
   * The outcome of a promise, or HttpError 504 if it has none by the deadline.
   *
   * @param deadline On the clock of `performance.now()`, in milliseconds.
   */
  limit<T>(deadline: number, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.set(deadline, () =>
        reject(new HttpError(504, "timeout", "the model did not respond in time")),
      );
      promise.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  /** Also clears the entry's links, so that it does not keep its neighbors alive. */
  #remove(entry: Entry): void {
    if (entry.expire === undefined) {
      return;
    }
    const { previous, next } = entry;
    if (previous === undefined) {
      this.#first = next;
    } else {
      previous.next = next;
    }
    if (next === undefined) {
      this.#last = previous;
    } else {
      next.previous = previous;
    }
    entry.expire = undefined;
    entry.previous = undefined;
    entry.next = undefined;
  }

  #startTimer(deadline: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = setTimeout(this.#tick, Math.max(0, Math.ceil(deadline - performance.now())));
    // The open connections keep the process running; the timer alone must not.
    this.#timer.unref();
  }

  #expireDue(): void {
    const now = performance.now();
    let soonest = now + TICK_MS;
    const due: (() => void)[] = [];
    for (let entry = this.#first; entry !== undefined; ) {
      const { next } = entry;
      if (entry.at > now) {
        soonest = Math.min(soonest, entry.at);
      } else if (entry.expire !== undefined) {
        due.push(entry.expire);
        this.#remove(entry);
      }
      entry = next;
    }
    this.#startTimer(soonest);
    for (const expire of due) {
      expire();
    }
  }
}
