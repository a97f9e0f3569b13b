import { writeFile } from "node:fs/promises";
import { Argument, Command } from "commander";
import { SCENARIOS } from "../rollout/simulate/scenarios.ts";
import { simulateAll } from "../rollout/simulate/simulate.ts";
import { simulationRows } from "../rollout/simulate/table.ts";
import { columns } from "./columns.ts";
import { measureEngine, SIZES } from "./engine/index.ts";
import { engineTable } from "./engine/table.ts";
import { table } from "./measurement.ts";
import { measureRender } from "./render.ts";
import { measureServer } from "./server/index.ts";
import { serverTable } from "./server/table.ts";
import { compareTrainers } from "./trainer/index.ts";
import { comparisonTable } from "./trainer/table.ts";
import { measureUp } from "./up.ts";
import { stepTable } from "./up-steps.ts";

const PARTS = ["up", "render", "engine", "server", "trainer", "rollout"] as const;

interface Options {
  readonly cold: boolean;
  readonly rounds: string;
  readonly runs: string;
  readonly models: string;
  readonly json?: string;
}

const command = new Command("bench")
  .description("Measures the platform, and prints a table for each part and the results as JSON.")
  .addArgument(new Argument("[parts...]", "what to measure (default: all)").choices(PARTS))
  .option("--cold", "up: build the toolchain in an empty cache as well (about twenty minutes on two cores)", false)
  .option("--models <numbers>", "engine: numbers of models in the stacks, separated by commas", SIZES.join(","))
  .option("--rounds <number>", "trainer: number of times that each side learns each problem", "3")
  .option("--runs <number>", "rollout: simulated runs of each scenario with each rule", "200")
  .option("--json <file>", "write the JSON to a file")
  .parse();
const { cold, models, rounds, runs, json } = command.opts<Options>();
const parts = command.args.length > 0 ? command.args : PARTS;

const results: Record<string, unknown> = {};
if (parts.includes("up")) {
  const report = await measureUp(cold);
  console.log(`${stepTable(report.steps)}\n\n${table(report.measurements)}`);
  results["up"] = report;
}
if (parts.includes("render")) {
  const measurements = await measureRender();
  console.log(table(measurements));
  results["render"] = measurements;
}
if (parts.includes("engine")) {
  const report = await measureEngine((line) => console.error(`engine: ${line}`), models.split(",").map(Number));
  console.log(engineTable(report));
  results["engine"] = report;
}
if (parts.includes("server")) {
  const report = await measureServer((line) => console.error(`server: ${line}`));
  console.log(serverTable(report));
  results["server"] = report;
}
if (parts.includes("trainer")) {
  const comparisons = await compareTrainers(Math.max(1, Math.floor(Number(rounds)) || 1), (line) =>
    console.error(`trainer: ${line}`),
  );
  console.log(comparisonTable(comparisons));
  results["trainer"] = comparisons;
}
if (parts.includes("rollout")) {
  const log = (line: string) => console.error(`rollout: ${line}`);
  const cells = simulateAll(SCENARIOS, Math.max(1, Math.floor(Number(runs)) || 1), { log });
  console.log(columns(simulationRows(cells)));
  results["rollout"] = cells;
}
if (json !== undefined) await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
else console.log(JSON.stringify(results));
