/** What one training run learns. */
export interface TrainArgs {
  /** Task of the trainer: `sentiment`, `iris`, `timeseries`, `half_plus_two`, `tabular`. */
  readonly task: string;
  /** Model whose version the run publishes. */
  readonly model: string;
  /** Version to publish. @default the next one */
  readonly version?: string;
  /** Hyper-parameters of the task. @default the environment's, then the task's own */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
  /** Training data, a file under the data volume. @default the data set shipped with the trainer */
  readonly data?: string;
  /** Seed of the random numbers. @default the trainer's own */
  readonly seed?: number;
  /** Held-out accuracy below which nothing is published, 0–1. @default no bound */
  readonly minAccuracy?: number;
  /** Held-out error (RMSE) above which nothing is published. @default no bound */
  readonly maxError?: number;
  /** Pods that share the work of one run. @default one pod does it all */
  readonly workers?: number;
}

/** What batch scoring reads and writes. */
export interface BatchArgs {
  /** Model that scores. */
  readonly model: string;
  /** Version that scores. @default "latest" */
  readonly version?: string;
  /** JSONL or CSV file on the data volume; goes with `output`. */
  readonly input?: string;
  /** File on the data volume for the predictions. */
  readonly output?: string;
  /** Rows to make up, whose predictions are printed; instead of `input`. */
  readonly synthetic?: number;
}

/** The trainer's command line for one training run. */
export function trainCommand(args: TrainArgs & { readonly whenNewData?: boolean }): string[] {
  return [
    "train",
    `--task=${args.task}`,
    `--model=${args.model}`,
    ...option("version", args.version),
    ...option("data", args.data),
    ...option("seed", args.seed),
    ...option("min-accuracy", args.minAccuracy),
    ...option("max-error", args.maxError),
    ...Object.entries(args.parameters ?? {}).map(([key, value]) => `--param=${key}=${value}`),
    ...(args.whenNewData === true ? ["--when-new-data"] : []),
    // Kubernetes puts the Job's own identity in the place of the variable.
    ...(args.workers === undefined ? [] : [`--workers=${args.workers}`, "--run=$(RUN_ID)"]),
  ];
}

/** The trainer's command line for batch scoring. */
export function batchCommand(args: BatchArgs): string[] {
  return [
    "batch-predict",
    `--model=${args.model}`,
    ...option("version", args.version),
    ...option("input", args.input),
    ...option("output", args.output),
    ...option("synthetic", args.synthetic),
  ];
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}
