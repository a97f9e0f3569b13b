import { once } from "node:events";
import type { RunPluginRequest, RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { environment, stderr, stdout } from "./plugin-messages.ts";
import { failure, startNode } from "./processes.ts";
import { optionsEnvironment, runtimeOptions, sdkModule } from "./program.ts";

/**
 * Runs a provider of components until it ends or the call is canceled. Its first line of output is the port that it listens on.
 *
 * @throws Error if it ends with an error
 */
export async function runComponentProvider(
  request: RunPluginRequest,
  send: (message: RunPluginResponse) => void,
  cancelled: AbortSignal,
): Promise<void> {
  const info = request.getInfo();
  const folder = info?.getProgramDirectory() ?? request.getPwd();
  const options = runtimeOptions(info);
  const run = sdkModule("@pulumi/pulumi/cmd/run-plugin", folder);
  const provider = startNode(
    options.nodeArguments,
    [run, folder, ...request.getArgsList()],
    {
      cwd: request.getPwd(),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environment(request.getEnvList()), ...optionsEnvironment(options) },
    },
    cancelled,
  );
  provider.stdout?.on("data", (data: Buffer) => send(stdout(data)));
  provider.stderr?.on("data", (data: Buffer) => send(stderr(data)));
  const [code, signal] = await once(provider, "close");
  const reason = failure(code, signal);
  if (reason !== undefined && !cancelled.aborted) throw new Error(reason);
}
