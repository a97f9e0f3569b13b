import { spawn } from "node:child_process";
import { glob } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { Command } from "commander";
import Mocha from "mocha";
import { testsOfChanges } from "./changed.ts";
import { folderOf, GROUPS, groupOf, inOrder, selectionOf } from "./groups.ts";

/**
 * Runs the suites and ends with a line of their counts. If all suites run, the tools of later suites are built in the
 * background while earlier ones run.
 */
const repository = path.resolve(import.meta.dirname, "..");
const command = new Command("npm test --")
  .description("Runs the tests: all, or groups, or files.")
  .argument("[suites...]", `groups (${GROUPS.join(", ")}), or globs of files from the repository on`)
  .option("--changed [ref]", "only suites that import, or name, a file changed since a commit (default: HEAD)")
  .addHelpText(
    "after",
    "\nExamples:\n  npm test -- unit server\n  npm test -- 'tests/config/*.test.ts'\n  npm test -- unit server --changed=main",
  )
  .parse();
const { changed } = command.opts<{ readonly changed?: string | true }>();
const { globs, groups } = selectionOf(command.args);
const found = await Array.fromAsync(glob(globs, { cwd: repository }));
const selected = found.filter((file) => groups?.includes(groupOf(file)) ?? true);
const ref = changed === true ? "HEAD" : changed;
const files = inOrder(ref === undefined ? selected : await testsOfChanges(repository, ref, selected));
if (ref !== undefined && files.length === 0) {
  console.log(`No suite concerns the files changed since ${ref}.`);
  process.exit(0);
}
const isEverything = command.args.length === 0 && ref === undefined;

const mocha = new Mocha({ timeout: 180_000, forbidOnly: process.env["CI"] !== undefined });
for (const file of files) mocha.addFile(path.join(repository, file));
await mocha.loadFilesAsync();

const builds = isEverything ? startBuilds() : undefined;
const times = new Map<string, number>();
let start = performance.now();
const runner = mocha.run((failures) => {
  builds?.process.kill();
  for (const line of summary()) console.log(line);
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed${pending === 0 ? "" : `, ${pending} skipped`}`);
  process.exit(failures === 0 && passes > 0 ? 0 : 1);
});
// Printed immediately, because the slow suites run for many minutes.
runner.on("fail", (_test, error: Error) => console.log(error.message.replace(/^/gm, "      ")));
runner.on("suite", ({ parent }) => {
  if (parent?.root) start = performance.now();
});
runner.on("suite end", ({ parent, file }) => {
  if (!parent?.root || file === undefined) return;
  const folder = folderOf(path.relative(repository, file));
  times.set(folder, (times.get(folder) ?? 0) + performance.now() - start);
});

/** Builds the tools of the suites in another process, and prints a line for each. */
function startBuilds() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "build-tools.ts")], {
    // A closed channel tells the child that this process has ended, for whatever reason.
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const lines: string[] = [];
  const note = (line: string) => {
    lines.push(line);
    console.log(`    (${line})`);
  };
  if (child.stdout !== null) createInterface({ input: child.stdout }).on("line", note);
  return { process: child, lines };
}

/** The time of each folder's suites, including their own builds, and the time of background builds. */
function summary(): string[] {
  const seconds = (milliseconds: number) => `${Math.round(milliseconds / 1000)} s`.padStart(7);
  const folders = [...times].map(([folder, time]) => `  ${seconds(time)}  ${folder}`);
  const built = builds?.lines.map((line) => `           ${line}`) ?? [];
  return ["time of the suites:", ...folders, ...(built.length > 0 ? ["built in the background:", ...built] : []), ""];
}
