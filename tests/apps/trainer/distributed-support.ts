import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const MAIN = path.join(import.meta.dirname, "../../../apps/trainer/main.ts");

/** One worker of a distributed run, in its own process. */
export interface Worker {
  /** Resolves when the process ends, with its exit code or signal and its output. */
  readonly end: Promise<{ code: number | null; signal: string | null; output: string; errors: string }>;
  kill(): void;
}

/** Starts the trainer's command line without waiting for it. */
export function startTrainer(args: readonly string[], environment: Record<string, string> = {}): Worker {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LOG_LEVEL: "silent", ...environment },
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const end = once(child, "close").then(([code, signal]) => ({ code, signal, output, errors }));
  return { end, kill: () => child.kill("SIGKILL") };
}

/** Waits until a file exists or the process that writes it has ended. */
export async function fileAppears(file: string, writer: Worker): Promise<void> {
  let ended = false;
  writer.end.then(() => {
    ended = true;
  });
  while (!ended) {
    try {
      return await access(file);
    } catch {
      await sleep(5);
    }
  }
}

export async function artifactHash(models: string, model: string, version: string): Promise<string> {
  const metadata = JSON.parse(await readFile(path.join(models, model, version, "metadata.json"), "utf8"));
  return metadata.artifact.sha256;
}
