import type { z } from "zod";
import type { Signature } from "../../registry/metadata.ts";
import type { Crew } from "../learn/workers/worker-group.ts";
import type { TrainingLog } from "../log.ts";

/** Values a hyper-parameter can have. */
export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface TrainingContext<P extends Parameters> {
  readonly parameters: P;
  readonly seed: number;
  /** The data file to read; undefined where the task makes its own data. */
  readonly file: string | undefined;
  readonly log: TrainingLog;
  /** Who shares the work. Default: nobody. */
  readonly crew?: Crew;
}

/** What a task hands over for publishing. */
export interface TrainedModel {
  /** The bytes of the ONNX graph. */
  readonly graph: Uint8Array;
  readonly signature: Signature;
  readonly description: string;
  /** Share of right answers on the held-out rows, 0–1; classifiers only. */
  readonly accuracy?: number;
  /** Metrics on the held-out rows by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly data?: {
    readonly sha256: string;
    readonly rows: number;
    readonly trainRows: number;
    readonly testRows: number;
  };
}

/** One thing the trainer can train. */
export interface Task<P extends Parameters = Parameters> {
  readonly name: string;
  /** Model name to publish under where none is given. */
  readonly model: string;
  /** Hyper-parameters with their defaults and ranges; values may be strings, as a command line gives them. */
  readonly parameters: z.ZodType<P>;
  /** Name of the sample data set that ships with the trainer, in `data/`; undefined for a task that can make its own data. */
  readonly sample: string | undefined;
  /** Whether it can read a data file. */
  readonly takesData: boolean;
  /** Trains and measures. Throws `UserError` on data or parameters that do not fit. */
  train(context: TrainingContext<P>): Promise<TrainedModel>;
}
