import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { after } from "mocha";
import { Kubectl } from "../../../cluster/kubectl.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import { freePort } from "../../../common/ports.ts";

/** The embedded cluster that all suites share, with its own state folder and port. */
export interface Cluster {
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  readonly gatewayUrl: string;
  readonly apiKey: string;
  /** Folder for temporary files such as stack files, deleted at the end; the cluster's state is in its subfolder `state`. */
  readonly folder: string;
  /** Port of the gateway on 127.0.0.1. */
  readonly port: string;
}

/** The output of `npm run status -- --json`. */
export interface StatusJson {
  readonly kubeconfig: string | null;
  readonly gateway: { readonly url: string; readonly apiKey?: string } | null;
  readonly models: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly versions: readonly { readonly version: string; readonly ready: number; readonly weight: number }[];
  }[];
  readonly problems: readonly {
    readonly namespace: string;
    readonly object: string;
    readonly what: string;
    readonly remedy: string;
  }[];
}

export const repository = path.resolve(import.meta.dirname, "../../..");
export const NAMESPACE = "ml-dev";

/** Starts `up`, `down` or `status`, for a test that interferes with the command while it runs. */
export function startLocal(...args: readonly string[]) {
  return execa(process.execPath, [path.join(repository, "engine/cli.ts"), ...args], {
    cwd: repository,
    env: environment,
    reject: false,
    all: true,
  });
}

const folder = await mkdtemp(path.join(tmpdir(), "ml-platform-test-"));
const environment = { ML_PLATFORM_STATE: path.join(folder, "state") };
const port = await freePort();
let cluster: Promise<Cluster> | undefined;

/** The cluster with the dev stack, which the first suite that needs it starts. */
export function devCluster(): Promise<Cluster> {
  cluster ??= bringUp();
  return cluster;
}

async function bringUp(): Promise<Cluster> {
  const { exitCode, all } = await local("up", "--port", String(port));
  if (exitCode !== 0) throw new Error(`up failed with exit code ${exitCode}:\n${all}`);
  // On a new machine this is the cold start, step by step.
  for (const [step] of all.matchAll(/^\S.* \(\d+\.\d s\)$/gm)) console.log(`    (${step})`);
  const { kubeconfig, gateway } = await status();
  if (kubeconfig === null || gateway?.apiKey === undefined) throw new Error("status does not know the cluster");
  const kubectl = new Kubectl(path.join(toolchainFolders().kubernetes, "kubectl"), kubeconfig);
  return { kubectl, kubeconfig, gatewayUrl: gateway.url, apiKey: gateway.apiKey, folder, port: String(port) };
}

/** Commands that are still running, because a failed test may not have waited for them. */
const running = new Set<{ kill(): boolean } & PromiseLike<unknown>>();

/** Runs `up`, `down` or `status` on the suites' cluster. */
export async function local(...args: readonly string[]) {
  const command = startLocal(...args);
  running.add(command);
  const result = await command;
  running.delete(command);
  return result;
}

/** Runs the Pulumi CLI on the stacks of the suites' cluster, as `npm run pulumi -- ARGS` does. */
export function pulumi(...args: readonly string[]) {
  return execa(process.execPath, [path.join(repository, "engine/pulumi/cli.ts"), ...args], {
    cwd: repository,
    env: environment,
    reject: false,
    all: true,
  });
}

/** Starts `npm run rollout -- ARGS` on the suites' cluster. */
export function startRollout(...args: readonly string[]) {
  return execa(process.execPath, [path.join(repository, "rollout/cli.ts"), ...args], {
    cwd: repository,
    env: environment,
    reject: false,
    all: true,
  });
}

/** Destroys a stack with its data and its state. */
export async function destroyStack(stack: string): Promise<void> {
  // Destroys protected volumes as well.
  await pulumi("state", "unprotect", "--all", "--yes", "--stack", stack);
  const { exitCode, all } = await pulumi("destroy", "--yes", "--skip-preview", "--remove", "--stack", stack);
  if (exitCode !== 0) throw new Error(`destroy of ${stack} failed with exit code ${exitCode}:\n${all}`);
}

/** The status of the suites' cluster. */
export async function status(): Promise<StatusJson> {
  return JSON.parse((await local("status", "--json")).stdout);
}

/** A stack file of the dev stack with some settings changed. */
export async function stackFile(change: (text: string) => string): Promise<string> {
  const text = await readFile(path.join(repository, "Pulumi.dev.yaml"), "utf8");
  const file = path.join(folder, "Pulumi.dev.yaml");
  await writeFile(file, change(text));
  return file;
}

/** A stack file of the dev stack with another share for the canary. */
export function stackWithWeight(weight: number): Promise<string> {
  return stackFile((text) => text.replace(/canaryWeight: \d+/, `canaryWeight: ${weight}`));
}

/** Sends a request through the gateway. */
export async function predict(
  { gatewayUrl, apiKey }: Pick<Cluster, "gatewayUrl" | "apiKey">,
  request: unknown,
  { place = "/predict", headers = {} }: { place?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(new URL(place, gatewayUrl), {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": apiKey, ...headers },
    body: JSON.stringify(request),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

after("stops the suites' cluster", async function () {
  this.timeout(120_000);
  for (const command of running) {
    command.kill();
    await command;
  }
  if (cluster !== undefined) {
    const { exitCode, all } = await local("down", "--purge");
    if (exitCode !== 0) throw new Error(`down failed with exit code ${exitCode}:\n${all}`);
  }
  await rm(folder, { recursive: true, force: true });
});
