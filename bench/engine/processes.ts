import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { readStat } from "../process-stat.ts";

/** The processes that deploy a stack: the CLI with the engine, the program, the kubernetes provider, and all others. */
export type Part = "cli" | "program" | "kubernetes" | "others";

/** Resources used by the processes of one part. */
export interface Use {
  /** Processor time in seconds. */
  readonly seconds: number;
  /** Peak memory of the largest process in MiB. */
  readonly mebibytes: number;
}

/** Resources used by a command. */
export interface Usage {
  readonly wallSeconds: number;
  readonly parts: Readonly<Record<Part, Use>>;
}

/** The time that a command took, as text. */
export const seconds = ({ wallSeconds }: Usage) => `${wallSeconds.toFixed(1)} s`;

/** One process as it was last seen. */
export interface SeenProcess extends Use {
  readonly pid: string;
  readonly parent: string;
  readonly commandLine: string;
}

const INTERVAL_MILLISECONDS = 50;

/**
 * Runs `work`, and adds up the resources of all descendants of this process until it ends. They are sampled twenty times a
 * second. The time of processes that end between two samples counts as `others`: it is the time of all children minus the
 * sampled time.
 */
export async function measured<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly usage: Usage }> {
  const seen = new Map<string, SeenProcess>();
  const ended = new AbortController();
  const watching = watch(seen, ended.signal);
  const before = await endedChildrenSeconds();
  const start = performance.now();
  try {
    const result = await work();
    const wallSeconds = (performance.now() - start) / 1000;
    const all = (await endedChildrenSeconds()) - before;
    return { result, usage: { wallSeconds, parts: sumParts([...seen.values()], `${process.pid}`, all) } };
  } finally {
    ended.abort();
    await watching;
  }
}

/**
 * Adds up the processes below another one.
 *
 * @param root process id of their ancestor, which is left out
 * @param all processor seconds of all of them, including those that were not sampled
 */
export function sumParts(seen: readonly SeenProcess[], root: string, all: number): Record<Part, Use> {
  const parents = new Map(seen.map(({ pid, parent }) => [pid, parent]));
  const isBelow = (pid: string): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  const parts = { cli: NONE, program: NONE, kubernetes: NONE, others: NONE };
  for (const process of seen.filter(({ pid }) => isBelow(pid))) {
    const part = partOf(process.commandLine);
    const { seconds, mebibytes } = parts[part];
    parts[part] = { seconds: seconds + process.seconds, mebibytes: Math.max(mebibytes, process.mebibytes) };
  }
  const known = Object.values(parts).reduce((sum, { seconds }) => sum + seconds, 0);
  parts.others = { ...parts.others, seconds: parts.others.seconds + Math.max(0, all - known) };
  return parts;
}

const NONE: Use = { seconds: 0, mebibytes: 0 };

/** The part that a process belongs to, by its command line. */
export function partOf(commandLine: string): Part {
  if (/@pulumi\/pulumi\/cmd\/run(\/|\s|$)/.test(commandLine)) return "program";
  if (/pulumi-resource-kubernetes(\s|$)/.test(commandLine)) return "kubernetes";
  return /^\S*\/?pulumi\s/.test(commandLine) ? "cli" : "others";
}

async function watch(seen: Map<string, SeenProcess>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    for (const pid of await readdir("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      const found = await readProcess(pid).catch(() => undefined);
      // An exiting process no longer has a command line or memory: keep the earlier sample, except for its time.
      const before = seen.get(pid);
      if (found?.commandLine) seen.set(pid, found);
      else if (found && before) seen.set(pid, { ...before, seconds: Math.max(before.seconds, found.seconds) });
    }
    await sleep(INTERVAL_MILLISECONDS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function readProcess(pid: string): Promise<SeenProcess | undefined> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8");
  const stat = await readStat(pid);
  if (stat === undefined) return undefined;
  const commandLine = (await read("cmdline")).replaceAll("\0", " ");
  const [, kibibytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(await read("status")) ?? [];
  const { parent, own } = stat;
  return { pid, parent: String(parent), commandLine, seconds: own, mebibytes: Number(kibibytes) / 1024 };
}

async function endedChildrenSeconds(): Promise<number> {
  return (await readStat("self"))?.children ?? 0;
}
