import { constants } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { deployDirectory, repositoryRoot } from "../../common/paths.ts";
import { NO_CHECKPOINTS, Session } from "./session.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";
import { projectName, Workspace } from "./workspace.ts";
import { readSettings, writeBack } from "./write-back.ts";

/** Commands that change the cluster, and all commands that read a stack's settings. */
const CHANGING = new Set(["up", "update", "destroy", "refresh", "import"]);
const WITH_SETTINGS = new Set([...CHANGING, "preview", "pre", "config", "watch"]);

/** The relevant parts of a command line of the CLI. */
export interface CommandLine {
  /** The command, such as `up`; undefined if there is none. */
  readonly command: string | undefined;
  /** The stack that it names, if any. */
  readonly stack: string | undefined;
  /** Whether it names a stack file. */
  readonly ownFile: boolean;
  /** Whether it removes a stack with its history. */
  readonly removes: boolean;
  /** Whether it asks for help only. */
  readonly help: boolean;
}

/** Reads a command line of the CLI. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const value = (names: readonly string[]) => {
    for (const [index, arg] of args.entries()) {
      if (names.includes(arg)) return args[index + 1];
      const name = names.find((each) => arg.startsWith(`${each}=`));
      if (name !== undefined) return arg.slice(name.length + 1);
    }
    return undefined;
  };
  const [command, next] = args.filter((arg) => !arg.startsWith("-"));
  return {
    command,
    removes: args.includes("--remove") || (command === "stack" && next === "rm"),
    stack: value(["--stack", "-s"]),
    ownFile: value(["--config-file"]) !== undefined,
    help: args.includes("--help") || args.includes("-h"),
  };
}

/** `--context NAME` before the command selects the stacks of another cluster. */
function takeContext(args: readonly string[]): { context: string | undefined; rest: readonly string[] } {
  if (args[0] === "--context") return { context: args[1], rest: args.slice(2) };
  return { context: undefined, rest: args };
}

/**
 * Runs the Pulumi CLI on the stacks that `npm run up` has deployed, with their state, passphrase and settings. Changes by
 * `config` are written to the stack's own file.
 *
 * @returns the exit code of the CLI
 * @throws UserError for problems that the user can fix
 */
async function pulumi(args: readonly string[]): Promise<number> {
  const { context, rest } = takeContext(args);
  const line = readCommandLine(rest);
  const workspace = new Workspace(deployDirectory(context));
  const stack = line.stack ?? process.env["PULUMI_STACK"] ?? "dev";
  const own = !line.help && WITH_SETTINGS.has(line.command ?? "") && !line.ownFile;
  const deployment = await workspace.deployment(stack);
  if (own && deployment === undefined) {
    throw new UserError(
      `stack ${stack} is not deployed from this machine`,
      `npm run up -- --stack ${stack} deploys it; npm run render -- --stack ${stack} shows what it consists of`,
    );
  }
  if (deployment !== undefined) await workspace.write(stack, deployment);
  const note = (text: string) => console.error(text);
  const session = await Session.open(workspace, stack, note, { create: deployment !== undefined });
  const changing = !line.help && CHANGING.has(line.command ?? "");
  const file = workspace.stackFile(stack);
  const before = own ? await readSettings(file) : {};
  const environment = { ...(await session.environment()), ...(changing ? {} : NO_CHECKPOINTS) };
  if (changing) await session.mark();
  const { exitCode, signal } = await withTemporaryFolder((folder) =>
    execa(session.program, [...rest, ...(own ? ["--config-file", file] : [])], {
      // With the stack the CLI removes its stack file: in the workspace, not in the checkout.
      cwd: line.removes ? workspace.directory : repositoryRoot,
      env: { ...environment, TMPDIR: folder },
      stdio: "inherit",
      reject: false,
    }),
  );
  if (changing) await session.ended({ exitCode, errors: [] });
  if (own && deployment !== undefined && line.command === "config") {
    const place = {
      project: await projectName(),
      file: deployment.configFiles.at(-1) ?? "",
      local: workspace.localFile(stack),
    };
    for (const text of await writeBack(before, await readSettings(file), place)) note(text);
  }
  return exitCode ?? 128 + (signal === undefined ? 0 : constants.signals[signal as NodeJS.Signals]);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === import.meta.filename) {
  // The CLI receives the signal too and ends by itself; this process waits for it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
  try {
    process.exitCode = await pulumi(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
