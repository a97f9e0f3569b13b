import { Command } from "commander";
import { RegistryError } from "../registry/index.ts";
import { atLeastOne, collectParameters, completionIndex, positive, share, wholeNumber } from "./arguments.ts";
import { predictFile, predictSynthetic } from "./commands/batch-predict.ts";
import { DEFAULT_SPEC, initStorage } from "./commands/init-storage.ts";
import { showLineage } from "./commands/lineage.ts";
import { whenNewData } from "./commands/new-data.ts";
import { summarise } from "./commands/summary.ts";
import { type TrainRequest, trainModel } from "./commands/train-model.ts";
import { mergeRun, trainShare } from "./commands/train-share.ts";
import { UserError } from "./errors.ts";
import { TASK_NAMES } from "./tasks/index.ts";

// As process 1 of a container Node has no default reaction to these. What is half-written is swept by the next run.
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
  .option("--data <file>", "CSV or JSONL file to train on, below DATA_DIR or a path (default: the sample that ships)")
  .option("--param <key=value...>", "hyper-parameter, may be repeated", collectParameters, {})
  .option("--seed <number>", "seed of everything random", wholeNumber, 42)
  .option("--min-accuracy <share>", "publish only from this held-out accuracy on, 0 to 1", share)
  .option("--max-error <rmse>", "publish only up to this held-out RMSE, in the target's unit", positive)
  .option("--when-new-data", "train only where DATA_DIR has the file new_data_available; clear it after success")
  .option("--workers <number>", "train together with so many workers in all", atLeastOne)
  .option(
    "--run <id>",
    "name of the run, the same for all its workers (default: RUN_ID)",
    process.env["RUN_ID"] || undefined,
  )
  .option("--worker <number>", "number of this worker, from 0", wholeNumber, completionIndex(process.env))
  .option("--patience <seconds>", "how long a worker that is waited for may give no sign of life", wholeNumber, 600)
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
  .description("score the rows of a file, or made-up ones, with a published model")
  .requiredOption("--model <name>", "model in the registry")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--version <number>", 'version, a number or "latest"', "latest")
  .option("--input <file>", "CSV or JSONL file to score, below DATA_DIR or a path")
  .option("--output <file>", "CSV or JSONL file to write, below DATA_DIR or a path")
  .option("--synthetic <count>", "score as many made-up rows and print them", wholeNumber)
  .option("--seed <number>", "seed of the made-up rows", wholeNumber, 42)
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
  .description(
    "finish a distributed run by hand: merge its shares, compute those that are missing, publish the version",
  )
  .requiredOption("--run <id>", "the run")
  .requiredOption("--model <name>", "the model it trains")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .action(async (options) => {
    const metadata = await mergeRun({ ...options, dataVolume: process.env["DATA_DIR"] });
    print(summarise(options.models, metadata));
  });

program
  .command("init-storage")
  .description("lay out the models and data volumes; trains what is missing, overwrites nothing")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--data <dir>", "root of the data volume", process.env["DATA_DIR"] ?? "/data")
  .option("--no-data", "there is no data volume: lay out the models volume alone")
  .option(
    "--spec <json>",
    "versions to have: [{model, version, task, parameters?}, …]",
    process.env["STORAGE_SPEC"] ?? DEFAULT_SPEC,
  )
  .action(async (options) => print(await initStorage(options)));

program
  .command("lineage")
  .description("say where a version comes from, and print its block for a stack file")
  .requiredOption("--model <name>", "model in the registry")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--version <number>", "version (default: the newest, be it marked as worse or not)")
  .action(async (options) => print(await showLineage(options)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError || error instanceof RegistryError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}

async function trainAlone(request: TrainRequest): Promise<string[]> {
  return summarise(request.models, await trainModel(request));
}

/** As one of the workers of a distributed run. */
async function trainTogether(request: TrainRequest, options: SharedOptions): Promise<string[]> {
  const { run, workers, worker, patience: patienceSeconds, whenNewData: onlyOnNewData } = options;
  if (onlyOnNewData) throw new UserError("--when-new-data is for one worker: leave it or --workers out");
  if (run === undefined)
    throw new UserError("--workers needs --run ID, the same for all workers of a run and no other");
  if (worker === undefined)
    throw new UserError("--workers needs --worker NUMBER, or JOB_COMPLETION_INDEX from the Job");
  const metadata = await trainShare(request, { run, workers, worker, patienceSeconds, takesOver: false });
  return metadata ? summarise(request.models, metadata) : [`run ${run}: the share of worker ${worker} is done`];
}

interface SharedOptions {
  readonly run?: string;
  readonly workers: number;
  readonly worker?: number;
  readonly patience: number;
  readonly whenNewData?: boolean;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
