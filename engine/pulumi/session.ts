import { rm, writeFile } from "node:fs/promises";
import { UserError } from "../../common/errors.ts";
import { cacheDirectory } from "../../common/paths.ts";
import { findPulumi, type PulumiCli, preparePlugins } from "./command.ts";
import type { EngineEvent } from "./events.ts";
import { type CliResult, type RunningCli, startCli } from "./run.ts";
import { awaitStack } from "./stack-lock.ts";
import type { Workspace } from "./workspace.ts";

/** Errors after which the engine may have made objects that its state does not have: a plugin ended in the midst of its work. */
const PLUGIN_LOST = /transport|EOF|Unavailable|connection (refused|reset)|closing/;

/**
 * For commands that change nothing in the cluster. Otherwise the engine puts the whole state together after each step, also
 * of a preview that then throws it away: time that grows with the square of the resources, minutes for a hundred models.
 */
export const NO_CHECKPOINTS = { PULUMI_SKIP_CHECKPOINTS: "true" } as const;

/** The engine and one stack of a workspace. */
export class Session {
  /** Where the CLI comes from. */
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
   * Readies the engine for a stack: waits for another process that changes it, and makes its state where there is none.
   *
   * @param options.make whether to make the stack's state. @default true
   * @throws UserError where there is no CLI
   */
  static async open(
    workspace: Workspace,
    stack: string,
    report: (line: string) => void,
    { make = true }: { readonly make?: boolean } = {},
  ): Promise<Session> {
    const cli = await findPulumi(cacheDirectory());
    if (cli === undefined) throw new UserError("there is no Pulumi CLI on this machine yet", "npm run up makes one");
    const own = await workspace.environment(stack);
    const { program, environment: plugins } = await preparePlugins(cli, workspace.home);
    const environment = { ...own, ...plugins };
    const session = new Session(cli, program, workspace, stack, environment);
    if (await awaitStack(await workspace.locks(stack), report)) await session.mark();
    if (make && !(await workspace.knows(stack))) {
      // In the workspace, whose stack file takes what the state's secrets are encrypted with.
      await session.run(["stack", "init", stack, "--no-select", `--cwd=${workspace.directory}`]);
    }
    return session;
  }

  /** The environment of the CLI, beside this process's own. */
  async environment(): Promise<Readonly<Record<string, string | undefined>>> {
    if (!(await this.#workspace.isUnfinished(this.#stack))) return this.#environment;
    // What an interrupted run made without writing it down is there already, and is this stack's.
    return { ...this.#environment, PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
  }

  /** Runs a command that changes nothing in the cluster. @returns its standard output @throws UserError where it fails */
  async run(args: readonly string[]): Promise<string> {
    const result = await startCli(this.program, args, { ...(await this.environment()), ...NO_CHECKPOINTS }).result;
    if (result.exitCode !== 0) throw failed(args, result);
    return result.stdout;
  }

  /** Starts a command that changes the cluster, and remembers until its end that it is under way. */
  async change(args: readonly string[], onEvent: (event: EngineEvent) => void): Promise<RunningCli> {
    const environment = await this.environment();
    await this.mark();
    const { result, cancel } = startCli(this.program, args, environment, onEvent);
    return { cancel, result: result.then((ended) => this.ended(ended)) };
  }

  /** Notes how a command that changes the cluster has ended. */
  async ended<T extends Pick<CliResult, "exitCode" | "errors">>(result: T): Promise<T> {
    const lost = result.exitCode === undefined || result.errors.some((error) => PLUGIN_LOST.test(error));
    if (!lost) await rm(this.#workspace.unfinishedFile(this.#stack), { force: true });
    return result;
  }

  /** Notes that a change of the stack is under way. */
  async mark(): Promise<void> {
    await writeFile(this.#workspace.unfinishedFile(this.#stack), "");
  }
}

/** A command of the CLI that failed, with what the engine says. */
export function failed(args: readonly string[], { errors }: Pick<CliResult, "errors">, remedy?: string): UserError {
  return new UserError(
    `pulumi ${args[0]} failed:\n${errors.join("\n")}`,
    remedy ?? "see `npm run status` for the state of the cluster",
  );
}
