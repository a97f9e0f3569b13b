/**
 * The one process on the host behind a running node: it starts the node in its own namespaces, connects its network, and
 * forwards the gateway and the API from 127.0.0.1. Supervisor and node end together: the kernel kills the node when the
 * supervisor ends for whatever reason (parent-death signals), and the supervisor exits when the node ends.
 * Started by start.ts with its options as JSON in the first argument.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import { childrenOf, identify } from "../../common/processes.ts";
import { waitFor } from "../../common/wait.ts";
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
import { portTakenExitCode, removeRecord, type SupervisorOptions, writeRecord } from "./record.ts";

async function main(options: SupervisorOptions): Promise<void> {
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
    await removeRecord(paths);
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
  await writeRecord(paths, {
    supervisor: self,
    init,
    fingerprint: options.fingerprint,
    gatewayPort: options.gatewayPort,
    apiPort: apiServer,
    startedAt,
  });
}

/** Forwards 127.0.0.1:`port` to a port of the node. Returns the port it listens on, which the kernel chooses if `port` is 0. */
async function listen(port: number, targetPort: number): Promise<number> {
  const server = await startForward({ port, targetHost: nodeAddress, targetPort });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/**
 * The first process of the new pid namespace: the only child of unshare, which creates the namespaces before it forks. If unshare
 * fails, its exit ends this process.
 */
async function firstChild(parent: number): Promise<number> {
  const child = await waitFor(() => childrenOf(parent)[0], { interval: 20 });
  if (child === undefined) throw new Error("the node's first process did not start");
  return child;
}

main(JSON.parse(process.argv[2] ?? "{}") as SupervisorOptions).catch((error: NodeJS.ErrnoException) => {
  console.error(error.stack ?? error.message);
  process.exit(error.code === "EADDRINUSE" ? portTakenExitCode : 1);
});
