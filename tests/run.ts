import { glob } from "node:fs/promises";
import path from "node:path";
import Mocha from "mocha";

/**
 * Runs the suites, or those files that are named on the command line, and ends with their true counts alone on a line.
 * The suites that need the embedded cluster come last.
 */
const repository = path.resolve(import.meta.dirname, "..");
const given = process.argv.slice(2);
const found = await Array.fromAsync(glob(given.length > 0 ? given : ["tests/**/*.test.ts"], { cwd: repository }));
const onCluster = (file: string) => file.startsWith(path.join("tests", "cluster"));
const files = found.toSorted((a, b) => Number(onCluster(a)) - Number(onCluster(b)) || (a < b ? -1 : 1));

const mocha = new Mocha({ timeout: 60_000, forbidOnly: process.env["CI"] !== undefined });
for (const file of files) mocha.addFile(path.join(repository, file));
await mocha.loadFilesAsync();

const runner = mocha.run((failures) => {
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed${pending === 0 ? "" : `, ${pending} skipped`}`);
  process.exit(failures === 0 && passes > 0 ? 0 : 1);
});
