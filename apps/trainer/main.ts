import { Command } from "commander";
import { RegistryError } from "../registry/index.ts";
import { collectParameters, positive, share, wholeNumber } from "./arguments.ts";
import { predictFile, predictSynthetic } from "./commands/batch-predict.ts";
import { DEFAULT_SPEC, initStorage } from "./commands/init-storage.ts";
import { showLineage } from "./commands/lineage.ts";
import { whenNewData } from "./commands/new-data.ts";
import { summarise } from "./commands/summary.ts";
import { trainModel } from "./commands/train-model.ts";
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
  .action(async (options) => {
    const train = async () => {
      const metadata = await trainModel({
        task: options.task,
        models: options.models,
        model: options.model,
        version: options.version,
        data: options.data,
        dataVolume: process.env["DATA_DIR"],
        parameters: options.param,
        seed: options.seed,
        environment: process.env,
        minAccuracy: options.minAccuracy,
        maxError: options.maxError,
      });
      return summarise(options.models, metadata);
    };
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
  .command("init-storage")
  .description("lay out the models and data volumes; trains what is missing, overwrites nothing")
  .option("--models <dir>", "root of the models volume", process.env["MODELS_DIR"] ?? "/models")
  .option("--data <dir>", "root of the data volume", process.env["DATA_DIR"] ?? "/data")
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
  .option("--version <number>", 'version, a number or "latest"', "latest")
  .action(async (options) => print(await showLineage(options)));

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof UserError || error instanceof RegistryError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
