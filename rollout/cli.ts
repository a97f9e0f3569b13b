import { readFile } from "node:fs/promises";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { errorMessage, UserError } from "../common/errors.ts";
import { ConfigError, parseValues, validateConfig } from "../config/index.ts";
import { readStack, StackFileError } from "../render/stack-file.ts";
import { run, start } from "./commands/drive.ts";
import { abort, approve, freeze, status, unfreeze } from "./commands/requests.ts";
import { demo } from "./demo/demo.ts";
import { planLines } from "./plan-text.ts";
import { parseRecords } from "./records/record.ts";
import { replay } from "./records/replay.ts";
import { SCENARIOS } from "./simulate/scenarios.ts";
import { simulateAll } from "./simulate/simulate.ts";
import { LEGEND, simulationText } from "./simulate/table.ts";
import { peerLines, peersOn } from "./simulate/trace.ts";

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

/** The options that name a rollout. */
function onRollout(command: Command): Command {
  return command
    .requiredOption("--stack <name>", "name of the stack")
    .requiredOption("--model <name>", "entry of the model in the stack file")
    .option("--context <name>", "kubeconfig context that the stack was deployed to (default: the embedded cluster)");
}

const interval = () => numberOption("--interval <seconds>", "time between two looks at the evidence").default(15);

onRollout(program.command("start"))
  .description("begins a rollout: checks that it can end, and records its plan beside the stack file")
  .option("--dry-run", "only check and show it")
  .action((flags) => told(() => start(flags)));

onRollout(program.command("run"))
  .description(
    "drives a rollout until it ends; goes on where an earlier run was interrupted. Exits with 3 if it was not promoted",
  )
  .option("--commit", "commit the stack file and the records after each change")
  .option("--dry-run", "look once, and only say what would change")
  .option("--once", "stop after one look, and what follows from it")
  .addOption(interval())
  .action((flags) => told(() => run(flags)));

onRollout(program.command("status"))
  .description("shows where a rollout stands, and its history")
  .action((flags) => told(() => status(flags)));

onRollout(program.command("approve"))
  .description("approves that the rollout leaves a step")
  .addOption(numberOption("--step <percent>", "step to approve (default: the present one)"))
  .option("--reason <text>", "why, for the records")
  .action((flags) => told(() => approve(flags)));

onRollout(program.command("abort"))
  .description("takes the canary's requests away, by the driver that runs or by itself")
  .option("--reason <text>", "why, for the records")
  .option("--commit", "commit the stack file and the records")
  .addOption(interval())
  .action((flags) => told(() => abort(flags)));

onRollout(program.command("freeze"))
  .description("keeps the canary's share from rising until unfreeze; aborts are not held back")
  .option("--reason <text>", "why, for the records")
  .action((flags) => told(() => freeze(flags)));

onRollout(program.command("unfreeze"))
  .description("ends a freeze")
  .option("--reason <text>", "why, for the records")
  .action((flags) => told(() => unfreeze(flags)));

program
  .command("replay")
  .argument("<file>", "file of records, beside the stack file")
  .description("makes all decisions again from the records alone; exits with 1 where one is not what was recorded")
  .option("--peers", "also say what the rules of other tools would have done with the last rollout's requests")
  .action((file: string, flags) => told(() => replayFile(file, flags)));

program
  .command("simulate")
  .description("compares the rule with those of Argo Rollouts, Flagger and Kayenta, over seeded runs of each scenario")
  .addOption(numberOption("--runs <number>", "runs of each scenario with each rule").default(100))
  .addOption(numberOption("--seed <number>", "seed of the first run").default(1))
  .option("--scenario <text>", "only scenarios with this text in their name")
  .action((flags) => told(() => simulation(flags)));

program
  .command("demo")
  .description("on the embedded cluster, in about five minutes: a bad version is aborted, a good one promoted")
  .addOption(numberOption("--requests-per-second <number>", "load that it sends").default(60))
  .action((flags) => told(() => demo(flags)));

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

async function replayFile(file: string, { peers = false }: { readonly peers?: boolean }): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    throw new UserError(`${file}: there is no such file`, "name one such as Pulumi.dev.rollout-MODEL.jsonl");
  });
  const records = parseRecords(text, file);
  const { rollouts, decisions, actions, differences } = replay(records, file);
  for (const line of [...actions, ...differences]) console.log(line);
  console.log(`${file}: rollouts: ${rollouts}, decisions: ${decisions}, differences: ${differences.length}`);
  for (const line of peers ? peerLines(peersOn(records)) : []) console.log(line);
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
