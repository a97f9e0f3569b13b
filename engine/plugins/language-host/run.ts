import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import language, { type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { errorMessage } from "../../../common/errors.ts";
import { failure, startNode } from "./processes.ts";
import { optionsEnvironment, runtimeOptions, sdkModule } from "./program.ts";

/** Exit code of a program that has reported its error to the engine itself. */
const BAIL = 32;

/** The SDK reads the settings from one environment variable, whose length Linux limits. */
const TOO_LONG =
  "The stack's settings are longer than the 128 KiB that can be passed to a program: write what models share once, in modelDefaults";

/**
 * Runs a Pulumi program to completion. Its output goes to this process's output, which the engine shows.
 *
 * @param engine address of the engine
 * @returns the error, if any; `bail` if the program has reported it already
 */
export async function runProgram(request: RunRequest, engine: string, cancelled: AbortSignal): Promise<RunResponse> {
  const response = new language.RunResponse();
  try {
    const [code, signal] = await once(startProgram(request, engine, cancelled), "exit");
    if (code === BAIL) response.setBail(true);
    else response.setError(failure(code, signal) ?? "");
  } catch (error) {
    response.setError(isTooLong(error) ? TOO_LONG : errorMessage(error));
  }
  return response;
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "E2BIG";
}

function startProgram(request: RunRequest, engine: string, cancelled: AbortSignal): ChildProcess {
  if (request.getAttachDebugger()) {
    throw new Error(
      "This language host cannot attach a debugger: install the released Pulumi CLI, whose language host can",
    );
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

/** Configuration in the form that the SDK reads: keys are `project:config:name`. */
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
