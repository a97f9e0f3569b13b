import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { UserError } from "../../common/errors.ts";
import { firstFreePort } from "../../common/ports.ts";
import { identify } from "../../common/processes.ts";
import { waitFor } from "../../common/wait.ts";
import type { Kubectl } from "../kubectl.ts";
import { ensureCertificates } from "./certificates.ts";
import { waitForNode } from "./health.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { apiPort, hostAddress, hostInterface, type NodePaths, nodeAddress } from "./layout.ts";
import { machineOwner } from "./machine.ts";
import { type NodeRecord, portTakenExitCode, runningNode, type SupervisorOptions } from "./record.ts";
import { stopNode } from "./stop.ts";

/** Settings of the node. */
export interface StartOptions {
  readonly paths: NodePaths;
  readonly toolDirectories: readonly string[];
  readonly kubectl: Kubectl;
  /** Image of the container that holds a pod's namespaces open. */
  readonly pauseImage: string;
  /** Port on 127.0.0.1 for the gateway. */
  readonly gatewayPort: number;
  /** Shows one line of progress. */
  readonly report: (line: string) => void;
}

/**
 * Makes sure that the node runs with these settings and answers. A running node with the same settings is left alone, one
 * with other settings is restarted. Returns the running node's record and whether it was already running.
 * @throws UserError if the gateway's port is taken or the node does not come up
 */
export async function startNode(options: StartOptions): Promise<{ record: NodeRecord; already: boolean }> {
  const { paths, kubectl, report } = options;
  const fingerprint = await settingsFingerprint(options);
  const running = await startedNode(paths);
  if (running?.fingerprint === fingerprint) {
    // An interrupted up may not have written it.
    await writeAdminKubeconfig(paths, running);
    await waitForNode(kubectl, running, paths);
    return { record: running, already: true };
  }
  if (running) report("the node's settings have changed: restarting it");
  await stopNode(paths);
  const owner = await machineOwner();
  if (owner !== undefined) {
    throw new UserError(
      `another node runs on this machine, its state in ${owner.state}`,
      `stop it: ML_PLATFORM_STATE=${owner.state} npm run down`,
    );
  }
  await checkAddresses();
  await prepare(paths, options.pauseImage);
  const record = await launch(options, fingerprint);
  await writeAdminKubeconfig(paths, record);
  await waitForNode(kubectl, record, paths);
  return { record, already: false };
}

/** Writes the kubeconfig that the user and the other commands use. */
function writeAdminKubeconfig(paths: NodePaths, { apiPort }: NodeRecord): Promise<void> {
  return writeKubeconfig(paths.kubeconfig, paths.pki, "admin", `https://127.0.0.1:${apiPort}`);
}

/** @throws UserError if the machine uses the node's addresses for something else */
async function checkAddresses(): Promise<void> {
  const { stdout } = await execa("ip", ["-oneline", "address", "show", "to", `${hostAddress}/30`]);
  const [other] = stdout.split("\n").filter((line) => line.trim() !== "" && !line.includes(hostInterface));
  if (other === undefined) return;
  const owner = other.trim().split(/\s+/)[1];
  throw new UserError(
    `interface ${owner} has an address in ${hostAddress}/30, which the node needs`,
    "remove it, or use a cluster you have: npm run up -- --context NAME",
  );
}

/** The record of the running node once it has finished starting; undefined if none runs. */
export async function startedNode(paths: Pick<NodePaths, "record" | "formerRecord">): Promise<NodeRecord | undefined> {
  const hasStarted = async () => ((await runningNode(paths))?.init === 0 ? undefined : true);
  await waitFor(hasStarted, { interval: 100 });
  return runningNode(paths);
}

async function settingsFingerprint(options: StartOptions): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([options.toolDirectories, options.pauseImage, options.gatewayPort]));
  const files = [
    "init.sh",
    "supervisor.ts",
    "forward.ts",
    "machine.ts",
    "layout.ts",
    "config/containerd.toml",
    "config/kubelet.yaml",
    "config/kube-proxy.yaml",
  ];
  for (const file of [...files, "config/resolv.conf", "config/cni/10-node.conflist"]) {
    hash.update(await readFile(join(import.meta.dirname, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Writes certificates, kubeconfigs and settings of the node into its data folder. */
async function prepare(paths: NodePaths, pauseImage: string): Promise<void> {
  await mkdir(paths.cluster, { recursive: true, mode: 0o700 });
  await ensureCertificates(paths.pki);
  for (const name of ["admin", "controller-manager", "scheduler", "kube-proxy", "kubelet", "provisioner"]) {
    await writeKubeconfig(join(paths.pki, `${name}.conf`), paths.pki, name, `https://${nodeAddress}:${apiPort}`);
  }
  await rm(paths.config, { recursive: true, force: true });
  await cp(join(import.meta.dirname, "config"), paths.config, { recursive: true });
  const containerd = join(paths.config, "containerd.toml");
  await writeFile(containerd, (await readFile(containerd, "utf8")).replace("{{pause}}", pauseImage));
}

/** Starts the supervisor and waits until it has connected the node. */
async function launch(options: StartOptions, fingerprint: string): Promise<NodeRecord> {
  const { paths, gatewayPort, toolDirectories } = options;
  const supervisorOptions: SupervisorOptions = {
    state: paths.state,
    toolDirectories,
    gatewayPort,
    apiPort: await firstFreePort(apiPort),
    fingerprint,
  };
  const log = openSync(paths.supervisorLog, "w", 0o600);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "supervisor.ts"), JSON.stringify(supervisorOptions)],
    {
      detached: true,
      stdio: ["ignore", log, log],
    },
  );
  closeSync(log);
  const supervisor = identify(child.pid ?? 0);
  if (supervisor) {
    // Written before anything else happens: after an interrupted up, the next command still finds the supervisor.
    const { fingerprint, apiPort } = supervisorOptions;
    const starting: NodeRecord = {
      supervisor,
      init: 0,
      fingerprint,
      gatewayPort,
      apiPort,
      startedAt: new Date().toISOString(),
    };
    writeFileSync(paths.record, JSON.stringify(starting), { mode: 0o600 });
  }
  const exit = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
  child.unref();
  // Without a deadline: a busy machine takes minutes, and a supervisor that cannot connect the node exits.
  const started = await Promise.race([exit, startedNode(paths)]);
  if (typeof started === "object") return started;
  if ((started ?? (await exit)) === portTakenExitCode) {
    throw new UserError(
      `port ${gatewayPort} on 127.0.0.1 is taken`,
      "free it or choose another: npm run up -- --port N",
    );
  }
  const lines = readFileSync(paths.supervisorLog, "utf8").trim().split("\n");
  throw new UserError(`the node did not start (${lines[0] || "no reason given"})`, `see ${paths.supervisorLog}`);
}
