import { Command, Option } from "commander";
import { UserError } from "../registry/index.ts";
import { atLeastOne, collectParameters, completionIndex, positive, share, wholeNumber } from "./arguments.ts";
import { predictFile, predictSynthetic } from "./commands/batch-predict.ts";
import { DEFAULT_SPEC, initStorage } from "./commands/init-storage.ts";
import { showLineage } from "./commands/lineage.ts";
import { whenNewData } from "./commands/new-data.ts";
import { summarize } from "./commands/summary.ts";
import { type TrainRequest, trainModel } from "./commands/train-model.ts";
import { mergeRun, trainShare } from "./commands/train-share.ts";
import { TASK_NAMES } from "./tasks/index.ts";

// Process 1 of a container has no default signal handlers. The next run removes unfinished files.
for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  process.once(signal, () => process.exit(code));
}

const program = new Command("trainer").description("Trains models and publishes them to a models volume");

program
  .command("train")
  .description("train one model and publish it as a new version")
  .requiredOption("--task <name>", `what to train: ${TASK_NAMES.join(", ")}`)
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--model <name>", "name to publish under (default: the task's own)")
  .option("--version <number>", 'version to publish, a number or "next"', "next")
  .option("--data <file>", "CSV or JSONL file to train on, below DATA_DIR or a path (default: the sample data)")
  .option("--param <key=value...>", "hyper-parameter, can be repeated", collectParameters, {})
  .option("--seed <number>", "seed of the random numbers", wholeNumber, 42)
  .option("--min-accuracy <share>", "publish only with at least this held-out accuracy, 0 to 1", share)
  .option("--max-error <rmse>", "publish only with at most this held-out RMSE, in the unit of the target", positive)
  .option("--when-new-data", "train only if DATA_DIR has the file new_data_available; remove it after success")
  .option("--workers <number>", "total number of workers that train together", atLeastOne)
  .option(
    "--run <id>",
    "name of the run, the same for all its workers (default: RUN_ID)",
    process.env["RUN_ID"] || undefined,
  )
  .option("--worker <number>", "number of this worker, from 0", wholeNumber, completionIndex(process.env))
  .option(
    "--worker-timeout <seconds>",
    "fail if another worker sends no heartbeat for this long (default: 600)",
    wholeNumber,
  )
  .addOption(new Option("--patience <seconds>", "old name of --worker-timeout").argParser(wholeNumber).hideHelp())
  .action(async (options) => {
    const request = {
      ...options,
      parameters: options.param,
      dataVolume: process.env["DATA_DIR"],
      environment: process.env,
    };
    const train = () => (options.workers === undefined ? trainAlone(request) : trainTogether(request, options));
    print(options.whenNewData ? await whenNewData(process.env["DATA_DIR"] ?? "/data", train) : await train());
  });

program
  .command("batch-predict")
  .description("score the rows of a file, or generated rows, with a published model")
  .requiredOption("--model <name>", "model in the registry")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--version <number>", 'version, a number or "latest"', "latest")
  .option("--input <file>", "CSV or JSONL file to score, below DATA_DIR or a path")
  .option("--output <file>", "CSV or JSONL file to write, below DATA_DIR or a path")
  .option("--synthetic <count>", "score this many generated rows and print them", wholeNumber)
  .option("--seed <number>", "seed of the generated rows", wholeNumber, 42)
  .action(async ({ models, model, version, input, output, synthetic, seed }) => {
    const request = { models, model, version, dataVolume: process.env["DATA_DIR"] };
    if (synthetic !== undefined && input === undefined && output === undefined)
      return print(await predictSynthetic({ ...request, count: synthetic, seed }));
    if (synthetic !== undefined || input === undefined || output === undefined)
      throw new UserError("batch-predict takes --input FILE and --output FILE, or --synthetic COUNT");
    return print(await predictFile({ ...request, input, output }));
  });

program
  .command("merge")
  .description("finish a distributed run: merge its shares, compute the missing ones, publish the version")
  .requiredOption("--run <id>", "the run")
  .requiredOption("--model <name>", "the model it trains")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .action(async (options) => {
    const metadata = await mergeRun({ ...options, dataVolume: process.env["DATA_DIR"] });
    print(summarize(options.models, metadata));
  });

program
  .command("init-storage")
  .description("initialize the models and data volumes: trains missing versions, overwrites nothing")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--data <dir>", "root of the data volume", process.env["DATA_DIR"] ?? "/data")
  .option("--no-data", "there is no data volume: initialize only the models volume")
  .option(
    "--spec <json>",
    "required versions: [{model, version, task, parameters?}, …]",
    process.env["STORAGE_SPEC"] ?? DEFAULT_SPEC,
  )
  .action(async (options) => print(await initStorage(options)));

program
  .command("lineage")
  .description("show where a version comes from, and print its block for a stack file")
  .requiredOption("--model <name>", "model in the registry")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--version <number>", "version (default: the newest, even if it is marked as a regression)")
  .action(async (options) => print(await showLineage(options)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}

async function trainAlone(request: TrainRequest): Promise<string[]> {
  return summarize(request.models, await trainModel(request));
}

/** Trains as one of the workers of a distributed run. */
async function trainTogether(request: TrainRequest, options: SharedOptions): Promise<string[]> {
  const { run, workers, worker, patience, workerTimeout = patience ?? 600 } = options;
  if (options.whenNewData) throw new UserError("--when-new-data cannot be combined with --workers: omit one of them");
  if (patience !== undefined)
    process.stderr.write("warning: --patience is now --worker-timeout; the old name will be removed\n");
  if (run === undefined)
    throw new UserError("--workers needs --run ID, the same for all workers of a run and for no other run");
  if (worker === undefined)
    throw new UserError("--workers needs --worker NUMBER, or JOB_COMPLETION_INDEX from the Job");
  const metadata = await trainShare(request, {
    run,
    workers,
    worker,
    workerTimeoutSeconds: workerTimeout,
    computeMissing: false,
  });
  return metadata ? summarize(request.models, metadata) : [`run ${run}: the share of worker ${worker} is done`];
}

interface SharedOptions {
  readonly run?: string;
  readonly workers: number;
  readonly worker?: number;
  readonly workerTimeout?: number;
  readonly patience?: number;
  readonly whenNewData?: boolean;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
