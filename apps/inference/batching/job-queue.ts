import { HttpError, unavailable } from "../http-error.ts";
import type { Tensors } from "../model/tensor.ts";
import type { Limits } from "./batch-limits.ts";
import { Overload } from "./overload.ts";

/** How long after a full queue was cleaned up it is not cleaned up again, in milliseconds. */
const CLEAN_UP_MS = 25;

/** Weight of the last run in the moving average of a row's time: a single slow run must not cause rejections. */
const RECENT = 0.2;

const TOO_LATE = unavailable(
  "overloaded",
  "the rows that already wait will take longer than a request may; try again shortly",
);

/** The client that waits for a response, such as the request's socket. */
export interface Client {
  /** Whether the client is gone. */
  readonly destroyed: boolean;
}

/** Time that a request took, in whole microseconds: V8 would allocate memory for fractions. */
export interface RequestTimings {
  /** Waiting for its run (a split request: for its first run); negative or undefined while it waits. */
  waitedUs?: number;
  /** In runs of the model, alone or in a batch. @default 0 */
  ranUs?: number;
}

/** Rows that wait for a run: a request, or a piece of a split one. */
export interface Job {
  /** Whether it is a whole request and not a piece of a split one. */
  readonly isWhole: boolean;
  /** Whether it is the first job of its request, so that each request is counted once. */
  readonly isFirst: boolean;
  readonly inputs: Tensors;
  readonly wanted: readonly string[] | undefined;
  readonly rows: number;
  readonly longest: number;
  /** Row shapes if these may differ between requests: only jobs with equal ones can share a batch. */
  readonly inner: string;
  readonly queued: number;
  readonly deadline: number;
  readonly client: Client | undefined;
  /** Timings of the whole request. */
  readonly timings: RequestTimings;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/** The bounded queue of one model. It rejects requests that could not be served in time. */
export class JobQueue {
  readonly #maxRows: number;
  readonly #jobs: Job[] = [];
  #rows = 0;
  #runningRows = 0;
  /** Moving average of a row's time, in milliseconds; 0 until the first run, so that nothing is rejected before. */
  #rowMs = 0;
  #cleanUntil = Number.NEGATIVE_INFINITY;
  readonly #overload = new Overload();
  readonly #serverOverload: Overload;
  /** Created once: creating an error costs more than the rest of a rejection. */
  readonly #isFull: HttpError;

  /**
   * @param maxRows Most rows waiting.
   * @param serverOverload Records every rejection; shared with the other queues.
   */
  constructor(maxRows: number, serverOverload: Overload) {
    this.#maxRows = maxRows;
    this.#serverOverload = serverOverload;
    this.#isFull = unavailable("overloaded", `the queue of ${maxRows} rows is full; try again shortly`);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Requests in the queue; a split one counts until the first of its pieces is taken. */
  get requests(): number {
    return this.#jobs.reduce((sum, { isFirst }) => sum + (isFirst ? 1 : 0), 0);
  }

  get isEmpty(): boolean {
    return this.#jobs.length === 0;
  }

  /** Whether requests are being rejected. */
  get isRejecting(): boolean {
    return this.#overload.isOn;
  }

  /** HttpError 503 if this number of rows cannot be queued; otherwise undefined. As cheap as possible. */
  rejection(rows: number, deadline: number): HttpError | undefined {
    let rejection = this.#noRoom(rows, deadline);
    if (rejection !== undefined && performance.now() > this.#cleanUntil) {
      this.cleanUp();
      rejection = this.#noRoom(rows, deadline);
    }
    if (rejection !== undefined) {
      this.#overload.rejected();
      this.#serverOverload.rejected();
    }
    return rejection;
  }

  #noRoom(rows: number, deadline: number): HttpError | undefined {
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
   * Takes the jobs at the head of the queue that may share a run, and rejects those whose time is up or whose client is gone.
   *
   * @param limits Which jobs may share a run.
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
      const abandoned = abandonedBecause(job, now);
      if (abandoned !== undefined) {
        job.reject(abandoned);
      } else {
        rows += job.rows;
        longest = Math.max(longest, job.longest);
        batch.push(job);
      }
    }
    this.#jobs.splice(0, taken);
    return batch;
  }

  /** Records that this number of rows is now running, which delays the queue. */
  started(rows: number): void {
    this.#runningRows = rows;
  }

  /** Records that a run has ended: its number of rows, and its duration in milliseconds. */
  ended(rows: number, ms: number): void {
    this.#runningRows = 0;
    this.#rowMs += (ms / rows - this.#rowMs) * RECENT;
  }

  /** Rejects abandoned jobs to make room. `rejection` does not repeat this for a while: rejections must stay cheap. */
  cleanUp(): void {
    const now = performance.now();
    this.#cleanUntil = now + CLEAN_UP_MS;
    let kept = 0;
    for (const job of this.#jobs) {
      const abandoned = abandonedBecause(job, now);
      if (abandoned === undefined) {
        this.#jobs[kept] = job;
        kept += 1;
      } else {
        this.#rows -= job.rows;
        job.reject(abandoned);
      }
    }
    this.#jobs.length = kept;
  }
}

/** Why no client waits for a job any more; undefined if one does. */
function abandonedBecause({ deadline, client }: Job, now: number): HttpError | undefined {
  if (deadline <= now) {
    return new HttpError(504, "timeout", "the request waited for the model longer than it may take");
  }
  return client?.destroyed === true
    ? new HttpError(400, "aborted", "the client disconnected before the response")
    : undefined;
}
