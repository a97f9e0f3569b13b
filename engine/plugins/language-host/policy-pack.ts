import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { type AnalyzerProxy, startAnalyzerProxy } from "./analyzer-proxy.ts";
import { environment, stderr, stdout } from "./plugin-messages.ts";
import { failure, startNode } from "./processes.ts";
import { optionsEnvironment, runtimeOptions, sdkModule } from "./program.ts";

/**
 * Runs a policy pack until it ends or the call is canceled. The pack starts only after the engine has named the stack, because
 * packs read the stack from their environment.
 *
 * @throws Error if the pack ends with an error
 */
export async function runPolicyPack(
  request: RunPluginRequest,
  send: (message: RunPluginResponse) => void,
  cancelled: AbortSignal,
): Promise<void> {
  const proxy = await startAnalyzerProxy();
  let reason: string | undefined;
  try {
    send(stdout(`${proxy.port}\n`));
    const stack = await Promise.race([proxy.stack, once(cancelled, "abort")]);
    if (Array.isArray(stack)) return;
    const pack = startPack(request, stack, cancelled);
    forwardOutput(pack, proxy, send);
    const [code, signal] = await once(pack, "close");
    reason = failure(code, signal);
    if (reason !== undefined && !cancelled.aborted) throw new Error(reason);
  } finally {
    proxy.close(`The policy pack has ended. ${reason ?? ""}`.trim());
  }
}

function startPack(
  request: RunPluginRequest,
  stack: AnalyzerStackConfigureRequest | undefined,
  cancelled: AbortSignal,
): ChildProcess {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = runtimeOptions(info);
  const run = sdkModule("@pulumi/pulumi/cmd/run-policy-pack", folder);
  const env = {
    ...environment(request.getEnvList()),
    ...optionsEnvironment(options),
    ...stackEnvironment(stack),
  };
  // The SDK compiles the pack with the tsconfig.json of the working directory, so that must not be the program's.
  const place: SpawnOptions = { cwd: folder, stdio: ["ignore", "pipe", "pipe"] };
  return startNode(options.nodeArguments, [run, ...request.getArgsList(), folder], { ...place, env }, cancelled);
}

/** The first line that is a number is the port of the pack; all other output is forwarded. */
function forwardOutput(pack: ChildProcess, proxy: AnalyzerProxy, send: (message: RunPluginResponse) => void): void {
  if (pack.stdout === null || pack.stderr === null) return;
  let listening = false;
  createInterface({ input: pack.stdout }).on("line", (line) => {
    if (listening || !/^\d+$/.test(line)) return send(stdout(`${line}\n`));
    listening = true;
    proxy.connect(Number(line));
  });
  pack.stderr.on("data", (data: Buffer) => send(stderr(data)));
}

function stackEnvironment(stack: AnalyzerStackConfigureRequest | undefined): Record<string, string> {
  if (stack === undefined) return {};
  return {
    PULUMI_NODEJS_ORGANIZATION: stack.getOrganization(),
    PULUMI_NODEJS_PROJECT: stack.getProject(),
    PULUMI_NODEJS_STACK: stack.getStack(),
    PULUMI_NODEJS_DRY_RUN: `${stack.getDryRun()}`,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(stack.getConfigMap().toArray())),
  };
}
