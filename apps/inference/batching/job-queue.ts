import { Problem, unavailable } from "../http-error.ts";
import type { Tensors } from "../model/tensor.ts";
import type { Limits } from "./batch-limits.ts";
import { Overload } from "./overload.ts";

/** How long a full queue that has been looked through is not looked through again, in milliseconds. */
const TIDY_MS = 25;

/** How much the last run counts for in the average of a row's time: one that took long is no reason to refuse yet. */
const RECENT = 0.2;

const TOO_LATE = unavailable(
  "overloaded",
  "the rows that wait already will take longer than a request may; try again shortly",
);

/** Who waits for an answer, such as the request's socket. */
export interface Client {
  /** Whether nobody waits any more. */
  readonly destroyed: boolean;
}

/** What a request has spent, in whole microseconds: fractions would need memory of their own. */
export interface Spent {
  /** Waiting for its run, or a long one for the first of its runs; negative or undefined while it waits. */
  waitedUs?: number;
  /** In runs, with others or by itself. @default 0 */
  ranUs?: number;
}

/** Rows that wait to be run together: a request, or a piece of a long one. */
export interface Job {
  /** Whether it is all of a request, and not a piece of a long one. */
  readonly isWhole: boolean;
  /** Whether it is the first job of its request: a request is counted once. */
  readonly isFirst: boolean;
  readonly inputs: Tensors;
  readonly wanted: readonly string[] | undefined;
  readonly rows: number;
  readonly longest: number;
  /** Inner shapes where they may differ between requests: only equal ones can be one batch. */
  readonly inner: string;
  readonly queued: number;
  readonly deadline: number;
  readonly client: Client | undefined;
  /** Of the whole request. */
  readonly spent: Spent;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for one model: so many rows at most, and none that would wait in vain. */
export class JobQueue {
  readonly #maxRows: number;
  readonly #jobs: Job[] = [];
  #rows = 0;
  #runningRows = 0;
  /** How long a row takes of late, in milliseconds; from 0 on, so that nothing is refused before it is known. */
  #rowMs = 0;
  #tidyUntil = Number.NEGATIVE_INFINITY;
  readonly #overload = new Overload();
  /** Made once: an error takes longer to make than a refusal may. */
  readonly #isFull: Problem;

  /** @param maxRows Most rows waiting. */
  constructor(maxRows: number) {
    this.#maxRows = maxRows;
    this.#isFull = unavailable("overloaded", `the queue of ${maxRows} rows is full; try again shortly`);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Requests in it; a long one until the first of its pieces is taken. */
  get requests(): number {
    return this.#jobs.reduce((sum, { isFirst }) => sum + (isFirst ? 1 : 0), 0);
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  /** Whether requests are being refused. */
  get isRefusing(): boolean {
    return this.#overload.isOn;
  }

  /** Why so many rows may not wait, as Problem 503; undefined where they may. It costs the least that a refusal can. */
  refusal(rows: number, deadline: number): Problem | undefined {
    let problem = this.#noRoom(rows, deadline);
    if (problem !== undefined && performance.now() > this.#tidyUntil) {
      this.tidy();
      problem = this.#noRoom(rows, deadline);
    }
    if (problem !== undefined) {
      this.#overload.refused();
      Overload.anywhere.refused();
    }
    return problem;
  }

  #noRoom(rows: number, deadline: number): Problem | undefined {
    if (this.#rows + rows > this.#maxRows) {
      return this.#isFull;
    }
    const wait = (this.#rows + this.#runningRows) * this.#rowMs;
    return wait > 0 && performance.now() + wait > deadline ? TOO_LATE : undefined;
  }

  add(job: Job): void {
    this.#rows += job.rows;
    this.#jobs.push(job);
  }

  /**
   * The jobs from the first on that may run together; those that nobody waits for any more are rejected on the way.
   *
   * @param limits What may run together.
   */
  take(now: number, limits: Limits): Job[] {
    const batch: Job[] = [];
    let rows = 0;
    let longest = 0;
    let taken = 0;
    for (const job of this.#jobs) {
      if (rows > 0 && !limits.allow(rows + job.rows, Math.max(longest, job.longest))) {
        break;
      }
      if (batch[0] !== undefined && batch[0].inner !== job.inner) {
        break;
      }
      taken += 1;
      this.#rows -= job.rows;
      const problem = inVain(job, now);
      if (problem !== undefined) {
        job.reject(problem);
      } else {
        rows += job.rows;
        longest = Math.max(longest, job.longest);
        batch.push(job);
      }
    }
    this.#jobs.splice(0, taken);
    return batch;
  }

  /** So many rows are being run, and will delay what waits. */
  started(rows: number): void {
    this.#runningRows = rows;
  }

  /** They took so long, in milliseconds. */
  ended(rows: number, ms: number): void {
    this.#runningRows = 0;
    this.#rowMs += (ms / rows - this.#rowMs) * RECENT;
  }

  /** Those that nobody waits for make room for others. Not looked at again for a while: refusals must stay cheap. */
  tidy(): void {
    const now = performance.now();
    this.#tidyUntil = now + TIDY_MS;
    let kept = 0;
    for (const job of this.#jobs) {
      const problem = inVain(job, now);
      if (problem === undefined) {
        this.#jobs[kept] = job;
        kept += 1;
      } else {
        this.#rows -= job.rows;
        job.reject(problem);
      }
    }
    this.#jobs.length = kept;
  }
}

/** Why nobody waits for a job any more; undefined where somebody does. */
function inVain({ deadline, client }: Job, now: number): Problem | undefined {
  if (deadline <= now) {
    return new Problem(504, "timeout", "the request waited for the model longer than it may take");
  }
  return client?.destroyed === true ? new Problem(400, "aborted", "the client went away before its answer") : undefined;
}
