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
/** How many of the slowest files are listed. */
const SLOWEST = 10;
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
/** Milliseconds of each file's suites. */
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
  const relative = path.relative(repository, file);
  times.set(relative, (times.get(relative) ?? 0) + performance.now() - start);
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

/** The time of each folder's suites and of the slowest files, including their own builds, and that of background builds. */
function summary(): string[] {
  const folders = new Map<string, number>();
  for (const [file, time] of times) folders.set(folderOf(file), (folders.get(folderOf(file)) ?? 0) + time);
  const slowest = [...times].toSorted(([, a], [, b]) => b - a).slice(0, SLOWEST);
  const line = ([name, time]: [string, number]) => `  ${`${Math.round(time / 1000)} s`.padStart(7)}  ${name}`;
  const parts: [string, string[]][] = [
    ["time of the suites:", [...folders].map(line)],
    ["slowest files:", slowest.map(line)],
    ["built in the background:", (builds?.lines ?? []).map((each) => `           ${each}`)],
  ];
  return [...parts.flatMap(([title, lines]) => (lines.length > 0 ? [title, ...lines] : [])), ""];
}
