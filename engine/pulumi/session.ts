import { rm, writeFile } from "node:fs/promises";
import { UserError } from "../../common/errors.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { findPulumi, type PulumiCli, preparePlugins } from "./command.ts";
import type { EngineEvent } from "./events.ts";
import { type CliResult, type RunningCli, startCli } from "./run.ts";
import { awaitStack } from "./stack-lock.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Errors of a plugin that ended during an operation: the cluster may then have objects that are missing in the engine's
 * state.
 */
const PLUGIN_LOST = /transport|EOF|Unavailable|connection (refused|reset)|closing/;

/**
 * Environment for commands that do not change the cluster. Without it, the engine serializes the whole state after each
 * step, even in a preview, which does not save it. That takes time quadratic in the number of resources: minutes for a
 * hundred models.
 */
export const NO_CHECKPOINTS = { PULUMI_SKIP_CHECKPOINTS: "true" } as const;

/** The engine and one stack of a workspace. */
export class Session {
  /** The CLI, with its origin. */
  readonly cli: PulumiCli;
  /** The program to run. */
  readonly program: string;
  readonly #workspace: Workspace;
  readonly #stack: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  private constructor(
    cli: PulumiCli,
    program: string,
    workspace: Workspace,
    stack: string,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.cli = cli;
    this.program = program;
    this.#workspace = workspace;
    this.#stack = stack;
    this.#environment = environment;
  }

  /**
   * Prepares the engine for a stack: waits while another process changes the stack, and creates the stack's state if it is new.
   *
   * @param options.create whether to create the stack's state. @default true
   * @throws UserError if there is no CLI
   */
  static async open(
    workspace: Workspace,
    stack: string,
    report: (line: string) => void,
    { create = true }: { readonly create?: boolean } = {},
  ): Promise<Session> {
    const cli = await findPulumi(cacheDirectory());
    if (cli === undefined) throw new UserError("there is no Pulumi CLI on this machine yet", "npm run up installs one");
    const own = await workspace.environment(stack);
    const { program, environment: plugins } = await preparePlugins(cli, workspace.home);
    const environment = { ...own, ...plugins };
    const session = new Session(cli, program, workspace, stack, environment);
    if (await awaitStack(await workspace.locks(stack), report)) await session.mark();
    if (create && !(await workspace.knows(stack))) {
      // In the workspace: the CLI writes the salt of the secrets' encryption to the stack file there.
      await session.run(["stack", "init", stack, "--no-select", `--cwd=${workspace.directory}`]);
    }
    return session;
  }

  /** The environment of the CLI, in addition to this process's own. */
  async environment(): Promise<Readonly<Record<string, string | undefined>>> {
    if (!(await this.#workspace.isUnfinished(this.#stack))) return this.#environment;
    // An interrupted run may have created objects that are missing in the state: the engine adopts them.
    return { ...this.#environment, PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
  }

  /** Runs a command that does not change the cluster. @returns its standard output @throws UserError if it fails */
  async run(args: readonly string[]): Promise<string> {
    const result = await startCli(this.program, args, { ...(await this.environment()), ...NO_CHECKPOINTS }).result;
    if (result.exitCode !== 0) throw failed(args, result);
    return result.stdout;
  }

  /** Starts a command that changes the cluster, and marks the stack as unfinished until the command ends. */
  async change(args: readonly string[], onEvent: (event: EngineEvent) => void): Promise<RunningCli> {
    const environment = await this.environment();
    await this.mark();
    const { result, cancel } = startCli(this.program, args, environment, onEvent);
    return { cancel, result: result.then((ended) => this.ended(ended)) };
  }

  /** Removes the mark after a command that changes the cluster, unless a plugin was lost. */
  async ended<T extends Pick<CliResult, "exitCode" | "errors">>(result: T): Promise<T> {
    const lost = result.exitCode === undefined || result.errors.some((error) => PLUGIN_LOST.test(error));
    if (!lost) await rm(this.#workspace.unfinishedFile(this.#stack), { force: true });
    return result;
  }

  /** Marks the stack as unfinished. */
  async mark(): Promise<void> {
    await writeFile(this.#workspace.unfinishedFile(this.#stack), "");
  }
}

/** The error for a failed command of the CLI, with the engine's errors. */
export function failed(args: readonly string[], { errors }: Pick<CliResult, "errors">, remedy?: string): UserError {
  return new UserError(
    `pulumi ${args[0]} failed:\n${errors.join("\n")}`,
    remedy ?? "see `npm run status` for the state of the cluster",
  );
}
