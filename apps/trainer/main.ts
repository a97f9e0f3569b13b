import { Command, InvalidArgumentError } from "commander";
import { RegistryError } from "../registry/index.ts";
import { DEFAULT_SPEC, initStorage } from "./commands/init-storage.ts";
import { showLineage } from "./commands/lineage.ts";
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
  .action(async (options) => {
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
    print(summarise(options.models, metadata));
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

function collectParameters(text: string, previous: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("it must have the form key=value.");
  return { ...previous, [key]: value };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("it must be a whole number.");
  return Number(text);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("it must be a number from 0 to 1.");
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError("it must be a number above 0.");
  return value;
}
