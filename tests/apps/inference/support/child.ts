import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";

const ROOT = path.join(import.meta.dirname, "..", "..", "..", "..");

/** The server in a process of its own. */
export interface Child {
  readonly process: ChildProcess;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Resolves with the exit code, or the signal it died of. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
  /** Resolves when a line of output matches; rejects if the process ends first. */
  line(pattern: RegExp): Promise<string>;
}

/**
 * Runs `apps/inference/<script>` with only PATH and `env` in its environment.
 *
 * @param script `main.ts` or `serve.ts`.
 * @param flags Flags of Node.
 */
export function startChild(
  script: string,
  env: Record<string, string>,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Child {
  const child = spawn(process.execPath, [...flags, path.join("apps", "inference", script), ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  const waiting: { pattern: RegExp; resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    stdout.push(line);
    for (const waiter of waiting.filter(({ pattern }) => pattern.test(line))) {
      waiter.resolve(line);
    }
  });
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on("close", (code, signal) => {
      resolve(code ?? signal);
      for (const waiter of waiting) {
        waiter.reject(new Error(`ended before a line matched ${waiter.pattern}: ${stderr.join("\n")}`));
      }
    });
  });
  return {
    process: child,
    stdout,
    stderr,
    exited,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const found = stdout.find((line) => pattern.test(line));
        if (found === undefined) {
          waiting.push({ pattern, resolve, reject });
        } else {
          resolve(found);
        }
      }),
  };
}

/** Kills a child that a failed test left running. */
export async function endChild(child: Child | undefined): Promise<void> {
  child?.process.kill("SIGKILL");
  await child?.exited;
}
