import { BatchLimits, type Piece } from "./batch-limits.ts";
import { concatenate, innerShapes, slice, wrongRows } from "./batch-tensors.ts";
import type { Model } from "./model/model.ts";
import type { Tensors } from "./model/tensor.ts";
import { Overload } from "./overload.ts";
import { Problem, unavailable } from "./problem.ts";
import { nextTurn } from "./turns.ts";

/** How long a full queue that has been looked through is not looked through again, in milliseconds. */
const TIDY_MS = 25;

/** How much the last run counts for in the average of a row's time: one that took long is no reason to refuse yet. */
const RECENT = 0.2;

const TOO_LATE = unavailable(
  "overloaded",
  "the rows that wait already will take longer than a request may; try again shortly",
);

/** How much is taken at once, and who is told. */
export interface BatcherOptions {
  /** Most rows in one run of the model. */
  readonly maxBatchSize: number;
  /** Most rows waiting; a request beyond that is refused at once. */
  readonly maxQueueSize: number;
  readonly observer?: BatchObserver;
}

/** What else is known of a request. */
export interface SubmitOptions {
  readonly wanted?: readonly string[] | undefined;
  readonly client?: Client | undefined;
}

/** Who is told what the batcher did. */
export interface BatchObserver {
  /** One run of the model: its rows, for how many requests, and how long it took, in seconds. */
  ran(rows: number, requests: number, seconds: number): void;
  /** How long one request waited for its run, or a long one for the first of its runs, in seconds. */
  waited(seconds: number): void;
}

/** Who waits for an answer, such as the request's socket. */
export interface Client {
  /** Whether nobody waits any more. */
  readonly destroyed: boolean;
}

interface Job {
  /** Whether it is a whole request, or the first part of a long one: a request is counted once. */
  readonly first: boolean;
  readonly inputs: Tensors;
  readonly wanted: readonly string[] | undefined;
  readonly rows: number;
  readonly longest: number;
  /** Inner shapes where they may differ between requests: only equal ones can be one batch. */
  readonly inner: string;
  readonly queued: number;
  readonly deadline: number;
  readonly client: Client | undefined;
  readonly resolve: (outputs: Tensors) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Natural batching: whatever is queued when the event loop comes round is run as one batch. There is no timer, so a lone
 * request waits for nobody, and the busier the server is the larger its batches become.
 */
export class Batcher {
  readonly #model: Model;
  readonly #limits: BatchLimits;
  readonly #maxQueue: number;
  readonly #observer: BatchObserver | undefined;
  #queue: Job[] = [];
  #queuedRows = 0;
  #scheduled = false;
  #runningRows = 0;
  /** How long a row takes of late, in milliseconds; from 0 on, so that nothing is refused before it is known. */
  #rowMs = 0;
  #tidyUntil = 0;
  readonly #overload = new Overload();
  /** Made once: an error takes longer to make than a refusal may. */
  readonly #isFull: Problem;
  readonly #ownTurn = () => this.#turn();
  #idle: (() => void)[] = [];

  constructor(model: Model, options: BatcherOptions) {
    this.#model = model;
    this.#limits = new BatchLimits(Math.min(options.maxBatchSize, model.maxRows));
    this.#maxQueue = options.maxQueueSize;
    this.#isFull = unavailable("overloaded", `the queue of ${this.#maxQueue} rows is full; try again shortly`);
    this.#observer = options.observer;
  }

  /** Rows waiting for the model. */
  get depth(): number {
    return this.#queuedRows;
  }

  /** Requests waiting for the model; a long one until the first of its runs. */
  get waiting(): number {
    return this.#queue.reduce((sum, { first }) => sum + (first ? 1 : 0), 0);
  }

  /**
   * Has the model answer some rows, together with whatever else waits. More rows than fit one batch are run in several.
   *
   * @param rows Rows in each input, at least 1; 1 where the model has no batch dimension.
   * @param deadline When the answer is no longer wanted, on the clock of `performance.now()`.
   * @param options.wanted Names of the outputs that will be looked at, always in the same list. @default all
   * @param options.client Who waits; the model does not work for one that has gone. @default somebody who stays
   * @throws Problem 503 where the queue is full, 504 where the deadline passed in the queue, 400 where the client has gone;
   *   what the model threw.
   */
  submit(inputs: Tensors, rows: number, deadline: number, options: SubmitOptions = {}): Promise<Tensors> {
    const refusal = this.refusal(rows, deadline);
    if (refusal !== undefined) {
      return Promise.reject(refusal);
    }
    if (!this.#model.batched) {
      return this.#enqueue(inputs, { from: 0, to: 1, longest: 0 }, true, deadline, options);
    }
    const pieces = this.#limits.pieces(inputs, rows);
    const [whole] = pieces;
    if (whole !== undefined && pieces.length === 1) {
      return this.#enqueue(inputs, whole, true, deadline, options);
    }
    const parts = pieces.map((piece) =>
      this.#enqueue(slice(inputs, piece.from, piece.to), piece, piece === whole, deadline, options),
    );
    return Promise.all(parts).then((answers) => concatenate(answers.map((inputs) => ({ inputs }))));
  }

  /**
   * Why so many rows may not wait, as Problem 503: the queue is full, or what is in it would take until after the deadline,
   * and to be told so at once is better than to wait in vain. Undefined where they may. Asked before a request is read, it
   * costs the least that a refusal can.
   */
  refusal(rows: number, deadline: number): Problem | undefined {
    let problem = this.#noRoom(rows, deadline);
    if (problem !== undefined && performance.now() > this.#tidyUntil) {
      this.#tidy();
      problem = this.#noRoom(rows, deadline);
    }
    if (problem !== undefined) {
      this.#overload.refused();
      Overload.anywhere.refused();
    }
    return problem;
  }

  #noRoom(rows: number, deadline: number): Problem | undefined {
    if (this.#queuedRows + rows > this.#maxQueue) {
      return this.#isFull;
    }
    const wait = (this.#queuedRows + this.#runningRows) * this.#rowMs;
    return wait > 0 && performance.now() + wait > deadline ? TOO_LATE : undefined;
  }

  /** Resolves once nothing waits and nothing runs. */
  drained(): Promise<void> {
    return this.#scheduled ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #enqueue(
    inputs: Tensors,
    { from, to, longest }: Piece,
    first: boolean,
    deadline: number,
    { wanted, client }: SubmitOptions,
  ): Promise<Tensors> {
    const rows = to - from;
    this.#queuedRows += rows;
    if (!this.#scheduled) {
      this.#scheduled = true;
      nextTurn(this.#ownTurn, this.#overload.isOn);
    }
    const inner = this.#model.ragged ? innerShapes(inputs) : "";
    const queued = performance.now();
    return new Promise((resolve, reject) => {
      this.#queue.push({ first, inputs, wanted, rows, longest, inner, queued, deadline, client, resolve, reject });
    });
  }

  #turn(): void {
    const batch = this.#take();
    const running = batch.length > 0 ? this.#run(batch) : undefined;
    if (running === undefined) {
      this.#goOn();
    } else {
      running.then(() => this.#goOn());
    }
  }

  #goOn(): void {
    if (this.#queue.length > 0) {
      nextTurn(this.#ownTurn, this.#overload.isOn);
      return;
    }
    this.#scheduled = false;
    for (const resolve of this.#idle.splice(0)) {
      resolve();
    }
  }

  /** Those that nobody waits for make room for others. Not looked at again for a while: refusals must stay cheap. */
  #tidy(): void {
    const now = performance.now();
    this.#tidyUntil = now + TIDY_MS;
    this.#queue = this.#queue.filter((job) => {
      const problem = inVain(job, now);
      if (problem === undefined) {
        return true;
      }
      this.#queuedRows -= job.rows;
      job.reject(problem);
      return false;
    });
  }

  #take(): Job[] {
    const now = performance.now();
    const batch: Job[] = [];
    let rows = 0;
    let longest = 0;
    let taken = 0;
    for (const job of this.#queue) {
      if (rows > 0 && !this.#limits.allow(rows + job.rows, Math.max(longest, job.longest))) {
        break;
      }
      if (batch[0] !== undefined && batch[0].inner !== job.inner) {
        break;
      }
      taken += 1;
      this.#queuedRows -= job.rows;
      const problem = inVain(job, now);
      if (problem !== undefined) {
        job.reject(problem);
      } else {
        rows += job.rows;
        longest = Math.max(longest, job.longest);
        if (job.first) {
          this.#observer?.waited((now - job.queued) / 1000);
        }
        batch.push(job);
      }
    }
    this.#queue.splice(0, taken);
    return batch;
  }

  /** Runs a batch. No promise where it is over on return: the less a small run costs, the more of them there can be. */
  #run(batch: readonly Job[]): Promise<void> | undefined {
    const started = performance.now();
    this.#runningRows = rowsOf(batch);
    try {
      const answer = this.#model.run(concatenate(batch), wantedOf(batch));
      if (answer instanceof Promise) {
        return answer.then(
          (outputs) => this.#answer(batch, outputs, started),
          (error: unknown) => this.#refuse(batch, error, started),
        );
      }
      return this.#answer(batch, answer, started);
    } catch (error) {
      return this.#refuse(batch, error, started);
    }
  }

  #answer(batch: readonly Job[], outputs: Tensors, started: number): Promise<void> | undefined {
    const rows = rowsOf(batch);
    if (this.#model.batched) {
      const wrong = wrongRows(outputs, rows);
      if (wrong !== undefined) {
        return this.#refuse(batch, wrong, started);
      }
    }
    this.#ran(rows, batch.length, started);
    let from = 0;
    for (const job of batch) {
      job.resolve(batch.length === 1 ? outputs : slice(outputs, from, from + job.rows));
      from += job.rows;
    }
    return undefined;
  }

  /** One request that the model cannot take must not cost the others of its batch their answers. */
  #refuse(batch: readonly Job[], error: unknown, started: number): Promise<void> | undefined {
    this.#ran(rowsOf(batch), batch.length, started);
    if (batch.length > 1) {
      return this.#isolate(batch);
    }
    batch[0]?.reject(error);
    return undefined;
  }

  #ran(rows: number, requests: number, started: number): void {
    const ms = performance.now() - started;
    this.#runningRows = 0;
    this.#rowMs += (ms / rows - this.#rowMs) * RECENT;
    this.#observer?.ran(rows, requests, ms / 1000);
  }

  /** By halves: to find one request among 64 takes 12 runs more, where each by itself would take 64. */
  async #isolate(batch: readonly Job[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.#run(batch.slice(0, middle));
    await this.#run(batch.slice(middle));
  }
}

/** Why nobody waits for a job any more; undefined where somebody does. */
function inVain({ deadline, client }: Job, now: number): Problem | undefined {
  if (deadline <= now) {
    return new Problem(504, "timeout", "the request waited for the model longer than it may take");
  }
  return client?.destroyed === true ? new Problem(400, "aborted", "the client went away before its answer") : undefined;
}

function rowsOf(batch: readonly Job[]): number {
  let rows = 0;
  for (const job of batch) {
    rows += job.rows;
  }
  return rows;
}

/** What all requests of a batch want; everything where they differ. */
function wantedOf([first, ...others]: readonly Job[]): readonly string[] | undefined {
  return others.every(({ wanted }) => wanted === first?.wanted) ? first?.wanted : undefined;
}
