import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const MAIN = path.join(import.meta.dirname, "../../../apps/trainer/main.ts");

/** Runs the trainer's command line; returns exit code and output. Progress lines are off unless `log` is set. */
export async function trainer(args: readonly string[], options: { log?: boolean; env?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LOG_LEVEL: options.log ? "info" : "silent", ...options.env },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, "close");
  return { code, output, errors };
}

/** Makes an empty temporary directory. */
export function temporaryDirectory(): Promise<string> {
  return mkdtemp(path.join(tmpdir(), "trainer-test-"));
}

/** The largest difference between corresponding numbers of two lists; infinity if their lengths differ. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    // Not `distance > largest`, so that NaN does not pass.
    if (!(distance <= largest)) largest = distance;
  }
  return largest;
}
