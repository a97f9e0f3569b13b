import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { table } from "./measurement.ts";
import { measureUp } from "./up.ts";

const command = new Command("bench")
  .description("Measures the platform, prints a table, and writes the same as JSON.")
  .option("--cold", "build the toolchain from nothing as well (about twenty minutes on two cores)", false)
  .option("--json <file>", "write the measurements as JSON")
  .parse();
const { cold, json } = command.opts<{ cold: boolean; json?: string }>();

const measurements = await measureUp(cold);
console.log(table(measurements));
if (json !== undefined) await writeFile(json, `${JSON.stringify(measurements, null, 2)}\n`);
else console.log(JSON.stringify(measurements));
