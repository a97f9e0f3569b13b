/**
 * The one process on the host behind a running node: it starts the node in its own namespaces, connects it, and forwards
 * the gateway and the API from 127.0.0.1. Node and keeper die together: the kernel kills the node when the keeper ends for
 * whatever reason (parent-death signals), and the keeper ends when the node does.
 * Started by start.ts with its options as JSON in the first argument.
 */
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { createCgroups, removeCgroups } from "./cgroups.ts";
import { startForward } from "./forward.ts";
import {
  apiPort,
  gatewayNodePort,
  hostAddress,
  hostInterface,
  nodeAddress,
  nodeInterface,
  nodeName,
  nodePaths,
} from "./layout.ts";
import { claimMachine } from "./machine.ts";
import { childrenOf, identify } from "./processes.ts";
import { type KeeperOptions, portTakenExitCode, writeRecord } from "./record.ts";

async function main(options: KeeperOptions): Promise<void> {
  const paths = nodePaths(options.state);
  const startedAt = new Date().toISOString();
  if (!(await claimMachine(options.state))) throw new Error("another node runs on this machine");
  const apiServer = await listen(options.apiPort, apiPort);
  await listen(options.gatewayPort, gatewayNodePort);

  await removeCgroups(1000);
  await createCgroups();
  await execa("ip", ["link", "delete", hostInterface], { reject: false });
  const unshare = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child"];
  const node = spawn(
    "setpriv",
    ["--pdeathsig", "KILL", "unshare", ...unshare, "bash", join(import.meta.dirname, "init.sh")],
    {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        PATH: [...options.toolDirectories, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"].join(":"),
        NODE_DATA: paths.cluster,
        NODE_NAME: nodeName,
        NODE_ADDRESS: nodeAddress,
        HOST_ADDRESS: hostAddress,
        NODE_INTERFACE: nodeInterface,
      },
    },
  );
  const stop = () => node.kill("SIGKILL");
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, stop);
  node.on("exit", async (code, signal) => {
    console.error(`node ended (${signal ?? code})`);
    await removeCgroups();
    await rm(paths.keeperRecord, { force: true });
    process.exit(0);
  });

  const init = await firstChild(node.pid ?? 0);
  await execa("ip", [
    "link",
    "add",
    hostInterface,
    "type",
    "veth",
    "peer",
    "name",
    nodeInterface,
    "netns",
    String(init),
  ]);
  await execa("ip", ["address", "add", `${hostAddress}/30`, "dev", hostInterface]);
  await execa("ip", ["link", "set", hostInterface, "up"]);

  const self = identify(process.pid);
  if (!self) throw new Error("/proc does not show this process");
  await writeRecord(paths.keeperRecord, {
    keeper: self,
    init,
    fingerprint: options.fingerprint,
    gatewayPort: options.gatewayPort,
    apiPort: apiServer,
    startedAt,
  });
}

/** Forwards 127.0.0.1:`port` to a port of the node; returns the port it got where `port` is 0. */
async function listen(port: number, targetPort: number): Promise<number> {
  const server = await startForward({ port, targetHost: nodeAddress, targetPort });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** The first process of the new pid namespace: the only child of unshare, which makes the namespaces before it forks. */
async function firstChild(parent: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const [child] = childrenOf(parent);
    if (child !== undefined) return child;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the node's first process did not start");
}

main(JSON.parse(process.argv[2] ?? "{}") as KeeperOptions).catch((error: NodeJS.ErrnoException) => {
  console.error(error.stack ?? error.message);
  process.exit(error.code === "EADDRINUSE" ? portTakenExitCode : 1);
});
