import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { errorMessage, UserError } from "../common/errors.ts";
import { ConfigError, parseValues, validateConfig } from "../config/index.ts";
import { readStack, StackFileError } from "../render/stack-file.ts";
import { planLines } from "./plan-text.ts";
import { parseRecords } from "./records/record.ts";
import { replay } from "./records/replay.ts";
import { SCENARIOS } from "./simulate/scenarios.ts";
import { simulateAll } from "./simulate/simulate.ts";
import { LEGEND, simulationText } from "./simulate/table.ts";

const program = new Command("rollout").description("Rolls a canary out by what its own requests show.");

program
  .command("plan")
  .description("shows a model's rollout: its steps, what each needs, and about how long it takes")
  .requiredOption("--stack <name>", "name of the stack")
  .requiredOption("--model <name>", "entry of the model in the stack file")
  .addOption(
    numberOption("--requests-per-second <number>", "of the model, all versions together").makeOptionMandatory(),
  )
  .addOption(numberOption("--error-rate <share>", "share of the stable version's requests that are bad").default(0.001))
  .option(
    "--config-file <file>",
    "stack file (default: Pulumi.<stack>.yaml); given again, a file is laid over those before it",
    (file, files: readonly string[] = []) => [...files, file],
  )
  .action((flags) => told(() => plan(flags)));

program
  .command("replay")
  .argument("<file>", "file of records, beside the stack file")
  .description("makes all decisions again from the records alone; exits with 1 where one is not what was recorded")
  .action((file: string) => told(() => replayFile(file)));

program
  .command("simulate")
  .description("compares the rule with those of Argo Rollouts, Flagger and Kayenta, over seeded runs of each scenario")
  .addOption(numberOption("--runs <number>", "runs of each scenario with each rule").default(100))
  .addOption(numberOption("--seed <number>", "seed of the first run").default(1))
  .option("--scenario <text>", "only scenarios with this text in their name")
  .action((flags) => told(() => simulation(flags)));

await program.parseAsync();

interface PlanFlags {
  readonly stack: string;
  readonly model: string;
  readonly requestsPerSecond: number;
  readonly errorRate: number;
  readonly configFile?: readonly string[];
}

async function plan({ stack, model, configFile, ...traffic }: PlanFlags): Promise<void> {
  const files = configFile ?? [`Pulumi.${stack}.yaml`];
  const { project, values } = await readStack(path.join(import.meta.dirname, ".."), files);
  const all = Object.fromEntries(Object.entries(values));
  const resolved = validateConfig(parseValues(all, project), files.join(", "), (message) => console.error(message));
  for (const line of planLines(resolved, model, traffic)) console.log(line);
}

async function replayFile(file: string): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new UserError(`${file}: there is no such file`, "name one such as Pulumi.dev.rollout-MODEL.jsonl");
  });
  const { rollouts, decisions, actions, differences } = replay(parseRecords(text, file), file);
  for (const line of [...actions, ...differences]) console.log(line);
  console.log(`${file}: rollouts: ${rollouts}, decisions: ${decisions}, differences: ${differences.length}`);
  if (differences.length > 0) process.exitCode = 1;
}

interface SimulateFlags {
  readonly runs: number;
  readonly seed: number;
  readonly scenario?: string;
}

async function simulation({ runs, seed, scenario = "" }: SimulateFlags): Promise<void> {
  const chosen = SCENARIOS.filter(({ name }) => name.includes(scenario));
  if (chosen.length === 0) {
    throw new UserError(
      `no scenario has "${scenario}" in its name`,
      `they are: ${SCENARIOS.map(({ name }) => name).join("; ")}`,
    );
  }
  console.log(simulationText(simulateAll(chosen, runs, { seed })));
  console.log(`\n${runs} runs each. ${LEGEND}.`);
}

function numberOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < 0)
      throw new InvalidArgumentError("must be a number, at least 0.");
    return value;
  });
}

/** Problems that the user can fix are one line, without a stack trace. */
async function told(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = error instanceof UserError || error instanceof ConfigError || error instanceof StackFileError;
    if (!known) throw error;
    console.error(errorMessage(error));
    process.exitCode = 1;
  }
}
