import type { RowsError } from "../model/tensor.ts";
import type { Client, Spent } from "./job-queue.ts";

/** How much is taken at once, and who is told. */
export interface BatcherOptions {
  /** Most rows in one run of the model. */
  readonly maxBatchSize: number;
  /** Most rows waiting; a request beyond that is refused at once. */
  readonly maxQueueSize: number;
  readonly observer?: BatchObserver;
  /** Whether each request is run by itself, and whole, because the rows of a run may influence each other. @default false */
  readonly alone?: boolean;
  /** Told once, where that turns out only from an answer: from then on each request is run by itself. */
  readonly onAlone?: (reason: RowsError) => void;
}

/** What else is known of a request; what it has spent is written into it. */
export interface SubmitOptions extends Spent {
  readonly wanted?: readonly string[] | undefined;
  readonly client?: Client | undefined;
}

/** Who is told what the batcher did. */
export interface BatchObserver {
  /** One run of the model: its rows, and how long it took, in seconds. */
  ran(rows: number, seconds: number): void;
  /** How long one request waited for its run, or a long one for the first of its runs, in seconds. */
  waited(seconds: number): void;
}
