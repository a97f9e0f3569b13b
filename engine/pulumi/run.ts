import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { repositoryRoot } from "../../common/paths.ts";
import { type EngineEvent, errorsOf, followEvents } from "./events.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";

/** How a command of the CLI ended. */
export interface CliResult {
  /** Undefined if a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** The engine's errors, one entry per diagnostic; the CLI's standard error if the engine did not start. */
  readonly errors: readonly string[];
}

/** A running command. */
export interface RunningCli {
  readonly result: Promise<CliResult>;
  /** Asks the engine to stop: it ends its waits and saves its state. */
  readonly cancel: () => void;
}

/** Commands whose events can be followed. */
const WITH_EVENTS = new Set(["preview", "up", "refresh", "destroy"]);

/**
 * Starts a command of the CLI in the project.
 *
 * @param program path of the CLI
 * @param environment variables in addition to this process's own
 * @param onEvent receives each event of the engine
 */
export function startCli(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  onEvent: (event: EngineEvent) => void = () => undefined,
): RunningCli {
  const abort = new AbortController();
  const result = withTemporaryFolder((folder) => run(program, args, environment, folder, onEvent, abort.signal));
  return { result, cancel: () => abort.abort() };
}

async function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
  onEvent: (event: EngineEvent) => void,
  cancelled: AbortSignal,
): Promise<CliResult> {
  const log = path.join(folder, "events");
  const followed = WITH_EVENTS.has(args[0] ?? "");
  const errors: string[] = [];
  const ended = new AbortController();
  const child = execa(program, [...args, "--non-interactive", ...(followed ? ["--event-log", log] : [])], {
    cwd: repositoryRoot,
    // Enables --event-log.
    env: { ...environment, TMPDIR: folder, PULUMI_DEBUG_COMMANDS: "true" },
    reject: false,
    // If this process ends, the CLI finishes its current step and saves its state.
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
}
