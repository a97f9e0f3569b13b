import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { nodePaths } from "../../cluster/node/layout.ts";
import { runningNode } from "../../cluster/node/record.ts";
import { UserError } from "../../common/errors.ts";
import { deployDirectory, repositoryRoot, stateDirectory } from "../../common/paths.ts";
import { waitFor } from "../../common/wait.ts";
import { Workspace } from "../../engine/pulumi/workspace.ts";
import { openRollout } from "../commands/context.ts";
import { recentHistory, versionQueries } from "../live/evidence.ts";
import { stackPrometheus } from "../live/prometheus.ts";
import { type NumberedRecord, parseRecords } from "../records/record.ts";
import { MODEL } from "./stack.ts";

const PROGRAMS = { up: "engine/cli.ts", rollout: "rollout/cli.ts", pulumi: "engine/pulumi/cli.ts" } as const;

/** How often the removal of the stack is tried. */
const REMOVALS = 3;

/** Runs the project's commands as a person would, until the signal. */
export class Commands {
  readonly #stack: string;
  readonly #signal: AbortSignal;

  constructor(stack: string, signal: AbortSignal) {
    this.#stack = stack;
    this.#signal = signal;
  }

  /**
   * Shows a command, and runs it on the demonstration's stack.
   *
   * @param quiet whether its output is kept instead of shown
   * @returns its exit code, and its output if it is quiet
   * @throws the signal's reason once it is given
   */
  async run(
    program: keyof typeof PROGRAMS,
    args: readonly string[],
    { quiet = false } = {},
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    this.#signal.throwIfAborted();
    console.log(`\n$ npm run ${program} -- ${args.join(" ")} --stack ${this.#stack}`);
    // `up` is a command of its program; the others' commands are in their arguments.
    const words = [...(program === "up" ? ["up"] : []), ...args, "--stack", this.#stack];
    const child = execa(process.execPath, [path.join(repositoryRoot, PROGRAMS[program]), ...words], {
      stdin: "ignore",
      stdout: quiet ? "pipe" : "inherit",
      stderr: quiet ? "pipe" : "inherit",
      all: true,
      reject: false,
    });
    const end = () => void child.kill("SIGINT");
    this.#signal.addEventListener("abort", end);
    const { exitCode, all } = await child.finally(() => this.#signal.removeEventListener("abort", end));
    this.#signal.throwIfAborted();
    return { exitCode: exitCode ?? 1, output: all ?? "" };
  }
}

/** Address of the embedded cluster's gateway. @throws UserError if no cluster runs */
export async function gatewayUrl(): Promise<string> {
  const node = await runningNode(nodePaths(stateDirectory()));
  if (node === undefined) throw new UserError("no embedded cluster runs", "npm run up starts one");
  return `http://127.0.0.1:${node.gatewayPort}`;
}

/** Waits until Prometheus has counted the model's requests. @throws UserError after three minutes */
export async function awaitHistory(stack: string, signal: AbortSignal): Promise<number> {
  const { stackFiles, model, kubectl } = await openRollout({ stack, model: MODEL });
  const query = stackPrometheus(stackFiles.resolved, kubectl);
  const { stable = "", canary = "" } = model.traffic ?? {};
  const [ours, theirs] = [stable, canary].map((version) =>
    versionQueries(stackFiles.resolved, model, version, undefined),
  );
  if (ours === undefined || theirs === undefined) throw new Error("a rollout has two versions");
  let reason = "it has no counters of the model";
  const look = () =>
    recentHistory(ours, theirs, query, Date.now()).then(
      ({ requestsPerSecond }) => (requestsPerSecond > 0 ? requestsPerSecond : undefined),
      (error: Error) => {
        reason = error.message;
        return undefined;
      },
    );
  const rate = await waitFor(look, { interval: 2000, timeout: 180_000, signal });
  signal.throwIfAborted();
  if (rate === undefined) throw new UserError(`Prometheus counts no requests: ${reason}`, "see `npm run status`");
  return rate;
}

/** The records of the last rollout in a file. */
export async function lastRollout(file: string): Promise<readonly NumberedRecord[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const records = parseRecords(text, file);
  return records.slice(records.findLastIndex(({ record }) => record.record === "start"));
}

/** Destroys the demonstration's stack with its data, if there is one. @returns whether it is gone */
export async function removeStack(stack: string, folder: string): Promise<boolean> {
  const known = await new Workspace(deployDirectory()).knows(stack);
  const pulumi = (...args: readonly string[]) =>
    execa(process.execPath, [path.join(repositoryRoot, PROGRAMS.pulumi), ...args, "--stack", stack], {
      stdin: "ignore",
      all: true,
      reject: false,
    });
  if (known) {
    await pulumi("state", "unprotect", "--all", "--yes");
    // A cluster that has just been interrupted in its work may be too busy to answer at once.
    for (let attempt = 1; ; attempt += 1) {
      const { exitCode, all } = await pulumi("destroy", "--yes", "--skip-preview", "--remove");
      if (exitCode === 0) break;
      if (attempt === REMOVALS) {
        console.error(all);
        return false;
      }
    }
  }
  await rm(folder, { recursive: true, force: true });
  return true;
}
