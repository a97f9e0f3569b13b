import type { z } from "zod";
import type { Signature } from "../../registry/metadata.ts";
import type { WorkerGroup } from "../learn/workers/worker-group.ts";
import type { TrainingLog } from "../log.ts";

/** Hyper-parameters by name. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface TrainingContext<P extends Parameters> {
  readonly parameters: P;
  readonly seed: number;
  /** The data file to read; undefined if the task generates its data. */
  readonly file: string | undefined;
  readonly log: TrainingLog;
  /** The workers that share the work. Default: this process alone. */
  readonly workers?: WorkerGroup;
}

/** The result of a task, for publishing. */
export interface TrainedModel {
  /** The ONNX graph, encoded. */
  readonly graph: Uint8Array;
  readonly signature: Signature;
  readonly description: string;
  /** Accuracy on the held-out rows, 0–1; classifiers only. */
  readonly accuracy?: number;
  /** Metrics on the held-out rows by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly data?: {
    readonly sha256: string;
    readonly rows: number;
    readonly trainRows: number;
    readonly testRows: number;
    /** What was guessed, left out or filled in: sentences for the user. */
    readonly notes?: string[];
  };
}

/** A kind of model that the trainer can train. */
export interface Task<P extends Parameters = Parameters> {
  readonly name: string;
  /** Default name of the published model. */
  readonly model: string;
  /** Hyper-parameters with defaults and ranges. Values may be strings, as on the command line. */
  readonly parameters: z.ZodType<P>;
  /** File name of the sample data set in `data/`; undefined for a task that can generate its data. */
  readonly sample: string | undefined;
  /** Whether the task can read a data file. */
  readonly takesData: boolean;
  /**
   * Trains and measures a model.
   *
   * @throws UserError if the data or the parameters are not suitable
   */
  train(context: TrainingContext<P>): Promise<TrainedModel>;
}
