import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import language, { type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { failure, startNode } from "./processes.ts";
import { optionsEnvironment, runtimeOptions, sdkModule } from "./program.ts";

/** Exit code of a program that has told its error to the engine itself. */
const BAIL = 32;

/** The SDK takes the settings from one variable of the environment, and Linux passes none that is longer. */
const TOO_LONG =
  "The stack's settings are longer than the 128 KiB that a program can be given: write what models share once, in modelDefaults";

/**
 * Runs a Pulumi program to its end. Its output goes to this process's own, which the engine shows.
 *
 * @param engine address of the engine
 * @returns what went wrong in words; `bail` where the program has already said it
 */
export async function runProgram(request: RunRequest, engine: string, cancelled: AbortSignal): Promise<RunResponse> {
  const response = new language.RunResponse();
  try {
    const [code, signal] = await once(startProgram(request, engine, cancelled), "exit");
    if (code === BAIL) response.setBail(true);
    else response.setError(failure(code, signal) ?? "");
  } catch (error) {
    response.setError(isTooLong(error) ? TOO_LONG : error instanceof Error ? error.message : `${error}`);
  }
  return response;
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "E2BIG";
}

function startProgram(request: RunRequest, engine: string, cancelled: AbortSignal): ChildProcess {
  if (request.getAttachDebugger()) {
    throw new Error("This language host attaches no debugger: use the one of the released Pulumi CLI");
  }
  const info = request.getInfo();
  const options = runtimeOptions(info);
  const run = sdkModule("@pulumi/pulumi/cmd/run", info?.getProgramDirectory() ?? request.getPwd());
  const env = { ...process.env, ...configEnvironment(request), ...optionsEnvironment(options) };
  const stdio: StdioOptions = ["ignore", "inherit", "inherit"];
  return startNode(options.nodeArguments, [run, ...programArguments(request, engine)], { env, stdio }, cancelled);
}

function programArguments(request: RunRequest, engine: string): string[] {
  const info = request.getInfo();
  const flags = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info?.getRootDirectory(),
    stack: request.getStack(),
    pwd: info?.getProgramDirectory(),
    parallel: `${request.getParallel()}`,
  };
  return [
    ...Object.entries(flags).flatMap(([flag, value]) => (value ? [`--${flag}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
}

/** Configuration as the SDK reads it; the keys of the values have the form `project:config:name`. */
function configEnvironment(request: RunRequest): Record<string, string> {
  const config = request.getConfigMap().toArray();
  const values = config.map(([key, value]: [string, string]) => [
    key.replace(/^([^:]+):(?:config:)?/, "$1:config:"),
    value,
  ]);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(values)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}
