import { once } from "node:events";
import type grpc from "@grpc/grpc-js";
import sdk from "@pulumi/pulumi/package.json" with { type: "json" };
import language, {
  type AboutRequest,
  type GetProgramDependenciesRequest,
  type GetRequiredPackagesRequest,
  type InstallDependenciesRequest,
  type InstallDependenciesResponse,
  type LanguageHandshakeRequest,
  type RunPluginRequest,
  type RunPluginResponse,
  type RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { stream, unary } from "../grpc.ts";
import { runComponentProvider } from "./component-provider.ts";
import { programDependencies, requiredPackages } from "./packages.ts";
import { runPolicyPack } from "./policy-pack.ts";
import { failure, start } from "./processes.ts";
import { runtimeOptions } from "./program.ts";
import { runProgram } from "./run.ts";

/**
 * The methods of the language host that are needed to deploy a program. The methods that generate programs and SDKs are not
 * implemented, and the engine gets an error for them.
 *
 * @param engineAddress address of the engine, until a handshake gives another one
 * @param stopping interrupts everything that runs
 */
export function languageRuntime(engineAddress: string, stopping: AbortController): grpc.UntypedServiceImplementation {
  let engine = engineAddress;
  const either = (cancelled: AbortSignal) => AbortSignal.any([cancelled, stopping.signal]);
  return {
    handshake: unary((request: LanguageHandshakeRequest) => {
      engine = request.getEngineAddress();
      return new language.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => {
      const info = new plugin.PluginInfo();
      info.setVersion(sdk.version);
      return info;
    }),
    getRequiredPackages: unary((request: GetRequiredPackagesRequest) => {
      const response = new language.GetRequiredPackagesResponse();
      response.setPackagesList(requiredPackages(request.getInfo()?.getProgramDirectory() ?? "."));
      return response;
    }),
    getProgramDependencies: unary((request: GetProgramDependenciesRequest) => {
      const directory = request.getInfo()?.getProgramDirectory() ?? ".";
      const response = new language.GetProgramDependenciesResponse();
      response.setDependenciesList(programDependencies(directory, request.getTransitivedependencies()));
      return response;
    }),
    about: unary((request: AboutRequest) => {
      const response = new language.AboutResponse();
      response.setExecutable(process.execPath);
      response.setVersion(process.version);
      response.getMetadataMap().set("packagemanager", runtimeOptions(request.getInfo()).packageManager);
      return response;
    }),
    installDependencies: stream((request: InstallDependenciesRequest, send, cancelled) =>
      installDependencies(request, send, either(cancelled)),
    ),
    run: unary((request: RunRequest, cancelled) => runProgram(request, engine, either(cancelled))),
    runPlugin: stream((request: RunPluginRequest, send: (message: RunPluginResponse) => void, cancelled) =>
      runnerOf(request.getKind())(request, send, either(cancelled)),
    ),
    cancel: unary(() => {
      stopping.abort();
      return new empty.Empty();
    }),
  };
}

/** Runs a plugin of a kind. @throws Error for a kind that is not supported */
function runnerOf(kind: string) {
  if (kind === "analyzer") return runPolicyPack;
  if (kind === "resource") return runComponentProvider;
  const what = `This language host runs policy packs and component providers, no plugins of the kind "${kind}"`;
  throw new Error(`${what}: use the one of the released Pulumi CLI`);
}

async function installDependencies(
  request: InstallDependenciesRequest,
  send: (message: InstallDependenciesResponse) => void,
  cancelled: AbortSignal,
): Promise<void> {
  const { packageManager, production } = runtimeOptions(request.getInfo());
  if (packageManager !== "npm") {
    throw new Error(`This language host supports only npm: run ${packageManager} install yourself`);
  }
  const args = ["install", "--loglevel=error", ...(production ? ["--omit=dev"] : [])];
  const npm = start("npm", args, { cwd: request.getInfo()?.getProgramDirectory() }, cancelled);
  npm.stdout?.on("data", (data: Buffer) => send(output((message) => message.setStdout(data))));
  npm.stderr?.on("data", (data: Buffer) => send(output((message) => message.setStderr(data))));
  const [code, signal] = await once(npm, "close");
  const reason = failure(code, signal);
  if (reason !== undefined) throw new Error(`npm install failed. ${reason}`);
}

function output(fill: (message: InstallDependenciesResponse) => void): InstallDependenciesResponse {
  const message = new language.InstallDependenciesResponse();
  fill(message);
  return message;
}
