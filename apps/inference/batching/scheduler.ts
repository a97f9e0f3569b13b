/** How long one round of batches may take before its responses are sent, in milliseconds. */
const ROUND_MS = 0.5;

/**
 * The same while every batcher that is scheduled rejects requests. A longer round lets more requests queue up, so that they
 * are then read and rejected together, which is cheaper than one by one between runs of a model.
 */
const REJECTING_ROUND_MS = 12;

/** How long after its last batch a batcher that rejects nothing is expected back, in milliseconds. */
const ACCEPTING_MS = 100;

/** How many times in a row a round is postponed for new connections. */
const MAX_POSTPONED = 64;

/** Runs the batches of all models of a server between two turns of the event loop. */
export class BatchScheduler {
  readonly #pending: (() => void)[] = [];
  #acceptingAt = Number.NEGATIVE_INFINITY;
  #isScheduled = false;
  #hasNewConnection = false;
  #postponed = 0;
  readonly #round = () => this.#runRound();

  /**
   * Calls `runBatch` on the next turn of the event loop, after everything that can be read now has been read. All models
   * share one round, in the order in which they asked, so that many small runs do not each cost a turn of the loop. When a
   * round takes long, the rest continues in the next one, so that finished responses are sent first.
   *
   * @param isRejecting Whether the caller is rejecting requests. If every caller is, a round lasts some milliseconds longer.
   *   @default false
   */
  scheduleBatch(runBatch: () => void, isRejecting = false): void {
    if (!isRejecting) {
      this.#acceptingAt = performance.now();
    }
    this.#pending.push(runBatch);
    this.#schedule();
  }

  /**
   * Tells the scheduler of an accepted connection. The event loop accepts one connection per turn; if a round of batches ran
   * in each of these turns, the last of many hundred clients would wait a second to be read. So the round is postponed until
   * a turn brings no connection.
   */
  connectionAccepted(): void {
    this.#hasNewConnection = true;
  }

  #schedule(): void {
    if (!this.#isScheduled && this.#pending.length > 0) {
      this.#isScheduled = true;
      setImmediate(this.#round);
    }
  }

  #runRound(): void {
    if (this.#hasNewConnection && this.#postponed < MAX_POSTPONED) {
      this.#hasNewConnection = false;
      this.#postponed += 1;
      setImmediate(this.#round);
      return;
    }
    this.#postponed = 0;
    const now = performance.now();
    const isLong = now - this.#acceptingAt > ACCEPTING_MS;
    const end = now + (isLong ? REJECTING_ROUND_MS : ROUND_MS);
    let left = isLong ? Number.POSITIVE_INFINITY : this.#pending.length;
    do {
      this.#pending.shift()?.();
      left -= 1;
    } while (left > 0 && this.#pending.length > 0 && performance.now() < end);
    this.#isScheduled = false;
    this.#schedule();
  }
}
