import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { freePort } from "../../common/ports.ts";
import { waitFor } from "../../common/wait.ts";
import type { ProcessStat } from "../process-stat.ts";
import type { Payload } from "./cases.ts";
import { callOnce } from "./grpc-call.ts";
import { processTree } from "./process-tree.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

/** Cores that the servers and their clients are pinned to, so that they do not compete. */
export const SERVER_CORE = "0";
export const CLIENT_CORE = "1";
/** The key that our server requires; the others ignore it. */
export const API_KEY = "key-of-the-benchmark";

/** Longest time until the first response, in milliseconds: Ray Serve starts a dozen processes, and imports scikit-learn in each. */
const START_MS = 300_000;

/** A running server. */
export interface BenchServer {
  readonly name: string;
  readonly port: number;
  /** Time from its start to its first response, in seconds. */
  readonly startSeconds: number;
  /** CPU time so far of all its threads and processes, in seconds. */
  cpuSeconds(): Promise<number>;
  /** Resident memory of its processes, in bytes; what they share counts for each. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** How a server is started: its program and arguments for a given free port. */
export interface Start {
  readonly name: string;
  readonly command: (port: number) => readonly string[];
  readonly env?: (port: number) => Readonly<Record<string, string>>;
}

/** Starts a server and waits until it answers `payload` with 2xx. @throws Error with its output if it does not. */
export async function startServer({ name, command, env }: Start, payload: Payload): Promise<BenchServer> {
  const port = await freePort();
  const [program = "", ...args] = command(port);
  const child = spawn("taskset", ["--cpu-list", SERVER_CORE, program, ...args], {
    cwd: repository,
    env: { ...process.env, ...env?.(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const began = performance.now();
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  const look = async () => {
    if (await answers(port, payload)) return "ready";
    return child.exitCode === null ? undefined : "ended";
  };
  if ((await waitFor(look, { interval: 5, timeout: START_MS })) !== "ready") {
    await stop(child);
    throw new Error(`${name} does not answer ${payload.paths[0] ?? "ModelInfer"}: ${said}`);
  }
  const startSeconds = (performance.now() - began) / 1000;
  return {
    name,
    port,
    startSeconds,
    cpuSeconds: () => sumOf(child, ({ own, children }) => own + children),
    residentBytes: () => sumOf(child, ({ residentBytes }) => residentBytes),
    stop: () => stop(child),
  };
}

async function answers(port: number, { paths, body, message }: Payload): Promise<boolean> {
  if (message !== undefined) {
    return callOnce(port, message, API_KEY).then(
      () => true,
      () => false,
    );
  }
  const headers = { "Content-Type": "application/json", "X-API-Key": API_KEY };
  const asked = fetch(`http://127.0.0.1:${port}${paths.at(-1)}`, { method: "POST", headers, body });
  return asked.then(
    (answer) => answer.ok,
    () => false,
  );
}

async function sumOf({ pid = 0 }: ChildProcess, what: (stat: ProcessStat) => number): Promise<number> {
  return (await processTree(pid)).reduce((sum, stat) => sum + what(stat), 0);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  // Its workers would outlive it, and some are started again by their parents: from the root downward.
  for (const { pid } of await processTree(child.pid ?? 0)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
  await ended;
}
