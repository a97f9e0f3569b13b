import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { PARENT_PID } from "../parent.ts";

const endWithParent = new URL("../end-with-parent.ts", import.meta.url).href;
const running = new Set<ChildProcess>();

/** Time between interrupt and kill: less than the five seconds after which the engine kills the language host. */
const GRACE_MS = 4000;

/**
 * Starts a program that ends with this process.
 *
 * @param cancelled when aborted, interrupts the program, and kills it after four seconds
 */
export function start(program: string, args: string[], options: SpawnOptions, cancelled: AbortSignal): ChildProcess {
  const child = spawn(program, args, options);
  running.add(child);
  let kill: NodeJS.Timeout | undefined;
  const interrupt = () => {
    child.kill("SIGINT");
    kill ??= setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  };
  const ended = () => {
    clearTimeout(kill);
    cancelled.removeEventListener("abort", interrupt);
    running.delete(child);
  };
  child.once("exit", ended).once("error", ended);
  if (cancelled.aborted) interrupt();
  else cancelled.addEventListener("abort", interrupt);
  return child;
}

/** Starts a module on the Node.js that runs this process. `nodeArguments` go before the module. */
export function startNode(
  nodeArguments: readonly string[],
  moduleAndArguments: readonly string[],
  options: SpawnOptions,
  cancelled: AbortSignal,
): ChildProcess {
  const args = [`--import=${endWithParent}`, ...nodeArguments, ...moduleAndArguments];
  return start(
    process.execPath,
    args,
    { ...options, env: { ...options.env, [PARENT_PID]: `${process.pid}` } },
    cancelled,
  );
}

/** Resolves once every program that was started has ended. */
export async function allEnded(): Promise<void> {
  await Promise.all([...running].map((child) => once(child, "exit")));
}

/** Kills all programs. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** An error message for an exit code or a signal; undefined if the program succeeded. */
export function failure(code: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal === "SIGABRT") {
    return "Program was ended by SIGABRT, as Node.js does when it is out of memory: raise --max-old-space-size in the runtime option nodeargs in Pulumi.yaml";
  }
  if (signal !== null) return `Program was ended by ${signal}`;
  return code === 0 ? undefined : `Program exited with non-zero exit code: ${code}`;
}
