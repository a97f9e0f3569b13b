import type { BatchArgs, TrainArgs } from "./job-args.ts";

/** The trainer's command line for one training run. */
export function trainCommand(args: TrainArgs & { readonly whenNewData?: boolean }): string[] {
  return [
    "train",
    ...option("task", args.task),
    ...option("model", args.model),
    ...option("version", args.version),
    ...option("data", args.data),
    ...option("seed", args.seed),
    ...option("min-accuracy", args.minAccuracy),
    ...option("max-error", args.maxError),
    ...Object.entries(args.parameters ?? {}).map(([key, value]) => `--param=${key}=${value}`),
    ...(args.whenNewData === true ? ["--when-new-data"] : []),
    // Kubernetes replaces the variable by the Job's own uid.
    ...(args.workers === undefined ? [] : [`--workers=${args.workers}`, "--run=$(RUN_ID)"]),
  ];
}

/** The trainer's command line for batch scoring. */
export function batchCommand(args: BatchArgs): string[] {
  return [
    "batch-predict",
    ...option("model", args.model),
    ...option("version", args.version),
    ...option("input", args.input),
    ...option("output", args.output),
    ...option("synthetic", args.synthetic),
  ];
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}
