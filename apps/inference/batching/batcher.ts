import type { HttpError } from "../http-error.ts";
import type { Model } from "../model/model.ts";
import { RowsError, type Tensors } from "../model/tensor.ts";
import type { TensorMemory } from "../model/tensor-memory.ts";
import { BatchLimits, type Limits, type Piece, UNBATCHED } from "./batch-limits.ts";
import { concatenate, innerShapes, slice, wrongRows } from "./batch-tensors.ts";
import type { BatcherOptions, BatchObserver, SubmitOptions } from "./batcher-options.ts";
import { type Job, JobQueue } from "./job-queue.ts";
import type { BatchScheduler } from "./scheduler.ts";

type Part = Pick<Job, "isWhole" | "isFirst">;

const WHOLE: Part = { isWhole: true, isFirst: true };
/** A request that has been run in pieces before. */
const AGAIN: Part = { isWhole: true, isFirst: false };

/**
 * Natural batching: whatever is queued at the next turn of the event loop is run as one batch. There is no timer: a
 * single request does not wait, and batches grow with the load.
 */
export class Batcher {
  readonly #model: Model;
  #limits: Limits;
  readonly #queue: JobQueue;
  readonly #observer: BatchObserver | undefined;
  readonly #onUnbatchable: BatcherOptions["onUnbatchable"];
  readonly #scheduler: BatchScheduler;
  readonly #memory: TensorMemory;
  #scheduled = false;
  readonly #runNext = () => this.#runBatch();
  #idle: (() => void)[] = [];

  constructor(model: Model, options: BatcherOptions) {
    this.#model = model;
    const unbatchable = options.unbatchable === true || !model.batched;
    this.#limits = unbatchable ? UNBATCHED : limitsOf(options, model);
    this.#queue = new JobQueue(options.maxQueueSize, options.overload);
    this.#observer = options.observer;
    this.#onUnbatchable = options.onUnbatchable;
    this.#scheduler = options.scheduler;
    this.#memory = options.memory;
  }

  /** Waiting requests and rows, without abandoned ones; a split request counts until its first run. */
  get waiting(): { readonly rows: number; readonly requests: number } {
    this.#queue.cleanUp();
    return { rows: this.#queue.rows, requests: this.#queue.requests };
  }

  /**
   * Runs the model on some rows, together with whatever else waits. More rows than fit one batch are split into several.
   *
   * @param rows Rows in each input, at least 1; 1 if the model has no batch dimension.
   * @param deadline When the response is no longer wanted, on the clock of `performance.now()`.
   * @param options.wanted Names of the outputs that are needed; the same list object in each call. @default all
   * @param options.client The waiting client; its job is dropped once it is gone. @default a client that stays
   * @throws HttpError 503 if the queue is full, 504 if the deadline passed in the queue, 400 if the client is gone; whatever
   *   the model throws.
   */
  submit(inputs: Tensors, rows: number, deadline: number, options: SubmitOptions = {}): Promise<Tensors> {
    const rejection = this.rejection(rows, deadline);
    if (rejection !== undefined) {
      return Promise.reject(rejection);
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
      .then((outputs) =>
        concatenate(
          outputs.map((inputs) => ({ inputs })),
          this.#memory,
        ),
      )
      .catch((error: unknown) => {
        if (!(error instanceof RowsError) || rows > this.#model.maxRows) {
          throw error;
        }
        this.#stopBatching(error);
        return this.#enqueue(inputs, { from: 0, to: rows, longest: 0 }, AGAIN, deadline, options);
      });
  }

  /**
   * HttpError 503 if this number of rows cannot be queued, because the queue is full or could not be processed by the
   * deadline; otherwise undefined. Cheap enough to call before a request is read.
   */
  rejection(rows: number, deadline: number): HttpError | undefined {
    return this.#queue.rejection(rows, deadline);
  }

  /** Resolves once no request is waiting or running. */
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
      this.#scheduler.scheduleBatch(this.#runNext, this.#queue.isRejecting);
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
        timings: options,
        resolve,
        reject,
      });
    });
  }

  #runBatch(): void {
    const now = performance.now();
    const batch = this.#queue.take(now, this.#limits);
    for (const { isFirst, queued, timings } of batch) {
      if (isFirst) {
        this.#observer?.waited((now - queued) / 1000);
        timings.waitedUs = Math.round((now - queued) * 1000);
      }
    }
    const running = batch.length > 0 ? this.#run(batch) : undefined;
    if (running === undefined) {
      this.#continue();
    } else {
      running.then(() => this.#continue());
    }
  }

  #continue(): void {
    if (!this.#queue.isEmpty) {
      this.#scheduler.scheduleBatch(this.#runNext, this.#queue.isRejecting);
      return;
    }
    this.#scheduled = false;
    for (const resolve of this.#idle.splice(0)) {
      resolve();
    }
  }

  /** Runs a batch. Returns no promise if the run is over on return: small runs must cost little. */
  #run(batch: readonly Job[]): Promise<void> | undefined {
    const started = performance.now();
    this.#queue.started(rowsOf(batch));
    try {
      const result = this.#model.run(concatenate(batch, this.#memory), wantedOf(batch));
      if (result instanceof Promise) {
        return result.then(
          (outputs) => this.#succeed(batch, outputs, started),
          (error: unknown) => this.#fail(batch, error, started),
        );
      }
      return this.#succeed(batch, result, started);
    } catch (error) {
      return this.#fail(batch, error, started);
    }
  }

  #succeed(batch: readonly Job[], outputs: Tensors, started: number): Promise<void> | undefined {
    const rows = rowsOf(batch);
    // If the run was for one whole request, all of its outputs belong to that request, whatever their number of rows.
    if (batch.length > 1 || batch[0]?.isWhole !== true) {
      const wrong = wrongRows(outputs, rows);
      if (wrong !== undefined) {
        this.#stopBatching(wrong);
        return this.#fail(batch, wrong, started);
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

  #stopBatching(reason: RowsError): void {
    if (this.#limits !== UNBATCHED && this.#model.maxRows > 1) {
      this.#limits = UNBATCHED;
      this.#onUnbatchable?.(reason);
    }
  }

  /** One request that the model rejects must not fail the others of its batch. */
  #fail(batch: readonly Job[], error: unknown, started: number): Promise<void> | undefined {
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
    this.#limits.ran(rows, ms);
    this.#observer?.ran(rows, ms / 1000);
    const us = Math.round(ms * 1000);
    for (const { timings } of batch) {
      timings.ranUs = (timings.ranUs ?? 0) + us;
    }
  }

  /** Bisects the batch: isolating one request among 64 takes 12 more runs instead of 64. */
  async #isolate(batch: readonly Job[]): Promise<void> {
    const middle = batch.length >> 1;
    await this.#run(batch.slice(0, middle));
    await this.#run(batch.slice(middle));
  }
}

function limitsOf({ maxBatchSize, slowBatchSize = maxBatchSize }: BatcherOptions, { maxRows }: Model): Limits {
  return new BatchLimits(slowBatchSize, Math.min(maxBatchSize, maxRows));
}

function rowsOf(batch: readonly Job[]): number {
  let rows = 0;
  for (const job of batch) {
    rows += job.rows;
  }
  return rows;
}

/** The outputs that all requests of a batch want; every output if they differ. */
function wantedOf([first, ...others]: readonly Job[]): readonly string[] | undefined {
  return others.every(({ wanted }) => wanted === first?.wanted) ? first?.wanted : undefined;
}
