import { spawn } from "node:child_process";
import { glob } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import Mocha from "mocha";
import { folderOf, groupOf, inOrder, selectionOf } from "./groups.ts";

/**
 * Runs the suites, or those groups or files that are named on the command line, and ends with their true counts alone on a
 * line. Where all run, what is to be built for the later ones is built beside the earlier ones.
 */
const repository = path.resolve(import.meta.dirname, "..");
const args = process.argv.slice(2);
const { globs, groups } = selectionOf(args);
const found = await Array.fromAsync(glob(globs, { cwd: repository }));
const files = inOrder(found.filter((file) => groups?.includes(groupOf(file)) ?? true));

const mocha = new Mocha({ timeout: 180_000, forbidOnly: process.env["CI"] !== undefined });
for (const file of files) mocha.addFile(path.join(repository, file));
await mocha.loadFilesAsync();

const builds = args.length === 0 ? startBuilds() : undefined;
const times = new Map<string, number>();
let start = performance.now();
const runner = mocha.run((failures) => {
  builds?.process.kill();
  for (const line of summary()) console.log(line);
  const { passes = 0, pending = 0 } = runner.stats ?? {};
  console.log(`${passes} passed, ${failures} failed${pending === 0 ? "" : `, ${pending} skipped`}`);
  process.exit(failures === 0 && passes > 0 ? 0 : 1);
});
// At once, and not only at the end: the slow suites run for many minutes.
runner.on("fail", (_test, error: Error) => console.log(error.message.replace(/^/gm, "      ")));
runner.on("suite", ({ parent }) => {
  if (parent?.root) start = performance.now();
});
runner.on("suite end", ({ parent, file }) => {
  if (!parent?.root || file === undefined) return;
  const folder = folderOf(path.relative(repository, file));
  times.set(folder, (times.get(folder) ?? 0) + performance.now() - start);
});

/** Builds the tools of the suites in a process of its own, and says so whenever one is there. */
function startBuilds() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, "build-tools.ts")], {
    // By the channel it learns that this process has ended, however it did.
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

/** How long the suites of each folder took, with what they had built or waited for, and what was built beside them. */
function summary(): string[] {
  const seconds = (milliseconds: number) => `${Math.round(milliseconds / 1000)} s`.padStart(7);
  const folders = [...times].map(([folder, time]) => `  ${seconds(time)}  ${folder}`);
  const built = builds?.lines.map((line) => `           ${line}`) ?? [];
  return ["time of the suites:", ...folders, ...(built.length > 0 ? ["beside them:", ...built] : []), ""];
}
