import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { type EngineEvent, errorsOf, followEvents } from "./events.ts";

/** How a command of the CLI ended. */
export interface CliResult {
  /** Undefined where a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** What the engine says went wrong, one entry for each diagnostic; the CLI's own words where it came to no engine. */
  readonly errors: readonly string[];
}

/** A command under way. */
export interface RunningCli {
  readonly result: Promise<CliResult>;
  /** Asks the engine to stop: it ends what it waits for, and writes down what is done. */
  readonly cancel: () => void;
}

/** Commands whose events can be followed. */
const WITH_EVENTS = new Set(["preview", "up", "refresh", "destroy"]);

/**
 * Starts a command of the CLI in the project.
 *
 * @param program path of the CLI
 * @param environment what it gets beside this process's own
 * @param onEvent takes each event of the engine
 */
export function startCli(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  onEvent: (event: EngineEvent) => void = () => undefined,
): RunningCli {
  const abort = new AbortController();
  return { result: run(program, args, environment, onEvent, abort.signal), cancel: () => abort.abort() };
}

async function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  onEvent: (event: EngineEvent) => void,
  cancelled: AbortSignal,
): Promise<CliResult> {
  const folder = await mkdtemp(path.join(tmpdir(), "pulumi-events-"));
  const log = path.join(folder, "events");
  const followed = WITH_EVENTS.has(args[0] ?? "");
  const errors: string[] = [];
  const ended = new AbortController();
  try {
    const child = execa(program, [...args, "--non-interactive", ...(followed ? ["--event-log", log] : [])], {
      cwd: repositoryRoot,
      // Without it the CLI does not know --event-log.
      env: { ...environment, PULUMI_DEBUG_COMMANDS: "true" },
      reject: false,
      // A CLI whose parent goes away finishes the step it is at, and writes it down.
      cleanup: false,
      stdin: "ignore",
      maxBuffer: 1 << 28,
    });
    cancelled.addEventListener("abort", () => child.kill("SIGINT"));
    const events = followEvents(log, ended.signal, (event) => {
      errors.push(...errorsOf(event));
      onEvent(event);
    });
    const { exitCode, stdout, stderr, code } = await child;
    ended.abort();
    await events;
    if (code === "ENOENT") throw new UserError(`${program} is missing`, "run the command again");
    if (exitCode !== 0 && errors.length === 0) errors.push(stderr.trim() || `pulumi ${args[0]} ended by itself`);
    return { exitCode, stdout, errors };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
