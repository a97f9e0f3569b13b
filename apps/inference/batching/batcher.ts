import type { Problem } from "../http-error.ts";
import type { Model } from "../model/model.ts";
import { RowsError, type Tensors } from "../model/tensor.ts";
import { ALONE, BatchLimits, type Limits, type Piece } from "./batch-limits.ts";
import { concatenate, innerShapes, slice, wrongRows } from "./batch-tensors.ts";
import type { BatcherOptions, BatchObserver, SubmitOptions } from "./batcher-options.ts";
import { type Job, JobQueue } from "./job-queue.ts";
import { nextTurn } from "./scheduler.ts";

type Part = Pick<Job, "isWhole" | "isFirst">;

const WHOLE: Part = { isWhole: true, isFirst: true };
/** One that has been run in pieces before. */
const AGAIN: Part = { isWhole: true, isFirst: false };

/**
 * Natural batching: whatever is queued when the event loop comes round is run as one batch. There is no timer, so a lone
 * request waits for nobody, and the busier the server is the larger its batches become.
 */
export class Batcher {
  readonly #model: Model;
  #limits: Limits;
  readonly #queue: JobQueue;
  readonly #observer: BatchObserver | undefined;
  readonly #onAlone: BatcherOptions["onAlone"];
  #scheduled = false;
  readonly #ownTurn = () => this.#turn();
  #idle: (() => void)[] = [];

  constructor(model: Model, options: BatcherOptions) {
    this.#model = model;
    const alone = options.alone === true || !model.batched;
    this.#limits = alone ? ALONE : new BatchLimits(Math.min(options.maxBatchSize, model.maxRows));
    this.#queue = new JobQueue(options.maxQueueSize);
    this.#observer = options.observer;
    this.#onAlone = options.onAlone;
  }

  /** What waits for the model, and is waited for; a long request until the first of its runs. */
  get waiting(): { readonly rows: number; readonly requests: number } {
    this.#queue.tidy();
    return { rows: this.#queue.rows, requests: this.#queue.requests };
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
    const pieces = this.#limits.pieces(inputs, rows);
    const [whole] = pieces;
    if (whole !== undefined && pieces.length === 1) {
      return this.#enqueue(inputs, whole, WHOLE, deadline, options);
    }
    const parts = pieces.map((piece) => {
      const part = { isWhole: false, isFirst: piece === whole };
      return this.#enqueue(slice(inputs, piece.from, piece.to), piece, part, deadline, options);
    });
    return Promise.all(parts)
      .then((answers) => concatenate(answers.map((inputs) => ({ inputs }))))
      .catch((error: unknown) => {
        if (!(error instanceof RowsError) || rows > this.#model.maxRows) {
          throw error;
        }
        this.#goAlone(error);
        return this.#enqueue(inputs, { from: 0, to: rows, longest: 0 }, AGAIN, deadline, options);
      });
  }

  /**
   * Why so many rows may not wait, as Problem 503: the queue is full, or what is in it would take until after the deadline,
   * and to be told so at once is better than to wait in vain. Undefined where they may. Asked before a request is read, it
   * costs the least that a refusal can.
   */
  refusal(rows: number, deadline: number): Problem | undefined {
    return this.#queue.refusal(rows, deadline);
  }

  /** Resolves once nothing waits and nothing runs. */
  drained(): Promise<void> {
    return this.#scheduled ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  #enqueue(
    inputs: Tensors,
    { from, to, longest }: Piece,
    { isWhole, isFirst }: Part,
    deadline: number,
    options: SubmitOptions,
  ): Promise<Tensors> {
    const rows = to - from;
    const { wanted, client } = options;
    if (!this.#scheduled) {
      this.#scheduled = true;
      nextTurn(this.#ownTurn, this.#queue.isRefusing);
    }
    const inner = this.#model.ragged ? innerShapes(inputs) : "";
    const queued = performance.now();
    return new Promise((resolve, reject) => {
      this.#queue.add({
        isWhole,
        isFirst,
        inputs,
        wanted,
        rows,
        longest,
        inner,
        queued,
        deadline,
        client,
        spent: options,
        resolve,
        reject,
      });
    });
  }

  #turn(): void {
    const now = performance.now();
    const batch = this.#queue.take(now, this.#limits);
    for (const { isFirst, queued, spent } of batch) {
      if (isFirst) {
        this.#observer?.waited((now - queued) / 1000);
        spent.waitedUs = Math.round((now - queued) * 1000);
      }
    }
    const running = batch.length > 0 ? this.#run(batch) : undefined;
    if (running === undefined) {
      this.#goOn();
    } else {
      running.then(() => this.#goOn());
    }
  }

  #goOn(): void {
    if (!this.#queue.isEmpty) {
      nextTurn(this.#ownTurn, this.#queue.isRefusing);
      return;
    }
    this.#scheduled = false;
    for (const resolve of this.#idle.splice(0)) {
      resolve();
    }
  }

  /** Runs a batch. No promise where it is over on return: the less a small run costs, the more of them there can be. */
  #run(batch: readonly Job[]): Promise<void> | undefined {
    const started = performance.now();
    this.#queue.started(rowsOf(batch));
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
    // What a whole request is answered by itself is its answer, whatever it looks like.
    if (batch.length > 1 || batch[0]?.isWhole !== true) {
      const wrong = wrongRows(outputs, rows);
      if (wrong !== undefined) {
        this.#goAlone(wrong);
        return this.#refuse(batch, wrong, started);
      }
    }
    this.#ran(batch, rows, started);
    let from = 0;
    for (const job of batch) {
      job.resolve(batch.length === 1 ? outputs : slice(outputs, from, from + job.rows));
      from += job.rows;
    }
    return undefined;
  }

  #goAlone(reason: RowsError): void {
    if (this.#limits !== ALONE && this.#model.maxRows > 1) {
      this.#limits = ALONE;
      this.#onAlone?.(reason);
    }
  }

  /** One request that the model cannot take must not cost the others of its batch their answers. */
  #refuse(batch: readonly Job[], error: unknown, started: number): Promise<void> | undefined {
    this.#ran(batch, rowsOf(batch), started);
    if (batch.length > 1) {
      return this.#isolate(batch);
    }
    batch[0]?.reject(error);
    return undefined;
  }

  #ran(batch: readonly Job[], rows: number, started: number): void {
    const ms = performance.now() - started;
    this.#queue.ended(rows, ms);
    this.#observer?.ran(rows, ms / 1000);
    const us = Math.round(ms * 1000);
    for (const { spent } of batch) {
      spent.ranUs = (spent.ranUs ?? 0) + us;
    }
  }

  /** By halves: to find one request among 64 takes 12 runs more, where each by itself would take 64. */
  async #isolate(batch: readonly Job[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.#run(batch.slice(0, middle));
    await this.#run(batch.slice(middle));
  }
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
