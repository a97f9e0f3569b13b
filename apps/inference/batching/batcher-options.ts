import type { RowsError } from "../model/tensor.ts";
import type { Client, RequestTimings } from "./job-queue.ts";
import type { BatchingState } from "./state.ts";

/** Limits of a batcher, what it shares with others, and its observers. */
export interface BatcherOptions extends BatchingState {
  /** Most rows in one run of the model. */
  readonly maxBatchSize: number;
  /** The same for runs that take a millisecond or more. @default maxBatchSize */
  readonly slowBatchSize?: number;
  /** Most rows waiting; a request beyond that is rejected at once. */
  readonly maxQueueSize: number;
  readonly observer?: BatchObserver;
  /** Whether each request is a run of its own because the rows of a run may influence each other. @default false */
  readonly unbatchable?: boolean;
  /** Called once if a response shows that the model is unbatchable: from then on each request is a run of its own. */
  readonly onUnbatchable?: (reason: RowsError) => void;
}

/** Details of a request; the batcher writes the timings. */
export interface SubmitOptions extends RequestTimings {
  readonly wanted?: readonly string[] | undefined;
  readonly client?: Client | undefined;
}

/** Observes the runs of a batcher. */
export interface BatchObserver {
  /** One run of the model: its rows, and its duration in seconds. */
  ran(rows: number, seconds: number): void;
  /** How long one request waited for its run (a split request: for its first run), in seconds. */
  waited(seconds: number): void;
}
