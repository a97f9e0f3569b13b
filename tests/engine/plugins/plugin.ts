import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import grpc from "@grpc/grpc-js";

const repository = path.resolve(import.meta.dirname, "../../..");

/** A plugin, started as the engine starts it. */
export interface Plugin {
  readonly process: ChildProcess;
  readonly address: string;
  /** Lines of output after the port. */
  readonly lines: readonly string[];
  /** Waits for the first line of output that matches, and returns its first group. */
  line(pattern: RegExp): Promise<string>;
}

/** The path of a plugin's executable. */
export const executable = (name: string) => path.join(repository, "engine/plugins/bin", name);

/** Starts a plugin, or another program that prints the port of a plugin. */
export async function startPlugin(program: string, ...args: string[]): Promise<Plugin> {
  const process = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines: string[] = [];
  const changed = new EventTarget();
  const port = Promise.withResolvers<string>();
  const output = createInterface({ input: process.stdout });
  output.once("line", (first) => {
    port.resolve(first);
    output.on("line", (line) => {
      lines.push(line);
      changed.dispatchEvent(new Event("line"));
    });
  });
  output.once("close", () => port.reject(new Error("no port was printed")));
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const match = lines.map((text) => pattern.exec(text)).find((found) => found !== null);
      if (match) return match[1] ?? match[0];
      await once(changed, "line");
    }
  };
  return { process, address: `127.0.0.1:${await port.promise}`, lines, line };
}

/**
 * Starts a plugin from a separate parent process, which can be killed, as the CLI does. The parent prints `plugin PID`.
 */
export function startUnderParent(name: string, ...args: string[]): Promise<Plugin> {
  const script = `
    const child = require("node:child_process").spawn(process.argv[1], process.argv.slice(2), { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout.on("data", (data) => process.stdout.write(data));
    child.stdout.once("data", () => console.log("plugin " + child.pid));`;
  return startPlugin(process.execPath, "-e", script, executable(name), ...args);
}

/** Resolves when a process has ended. A zombie counts as ended. */
export async function ended(pid: number | string): Promise<void> {
  while (/^[^Z]/.test(state(pid))) await setTimeout(20);
}

function state(pid: number | string): string {
  try {
    return execFileSync("ps", ["-o", "stat=", "-p", `${pid}`], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

/** Calls a unary gRPC method; `call` receives the callback. */
export function reply<T>(call: (callback: (error: grpc.ServiceError | null, value: T) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => call((error, value) => (error === null ? resolve(value) : reject(error))));
}

/** A folder with the given files and this checkout's packages. */
export async function folder(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { directory: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), "plugin-"));
  await symlink(path.join(repository, "node_modules"), path.join(directory, "node_modules"));
  for (const [file, content] of Object.entries(files)) await writeFile(path.join(directory, file), content);
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

export const insecure = grpc.credentials.createInsecure();
