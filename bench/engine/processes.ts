import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The processes that deploy a stack: the CLI with the engine in it, its plugins, and the program. */
export type Part = "cli" | "program" | "kubernetes" | "others";

/** What the processes of one part have used. */
export interface Use {
  /** Processor time in seconds. */
  readonly seconds: number;
  /** Most memory in MiB that one of the processes had at once. */
  readonly mebibytes: number;
}

/** What a command took. */
export interface Usage {
  readonly wallSeconds: number;
  readonly parts: Readonly<Record<Part, Use>>;
}

/** One process as it was last seen. */
export interface SeenProcess extends Use {
  readonly pid: string;
  readonly parent: string;
  readonly commandLine: string;
}

const INTERVAL_MILLISECONDS = 50;

/** Linux counts processor time in this many ticks a second wherever it shows it to programs. */
const TICKS = 100;

/**
 * Runs something, and adds up what the processes below this one use until it ends. They are looked at twenty times a
 * second; what ended between two looks is counted with the others, whose time is that of all children less the known.
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
 * Adds up the processes below one.
 *
 * @param root process id of the one that is left out itself
 * @param all processor seconds of all of them, those included that nobody saw
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
      // One that is ending has neither a command line nor memory any more: what was seen before holds, but for its time.
      const before = seen.get(pid);
      if (found?.commandLine) seen.set(pid, found);
      else if (found && before) seen.set(pid, { ...before, seconds: Math.max(before.seconds, found.seconds) });
    }
    await sleep(INTERVAL_MILLISECONDS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function readProcess(pid: string): Promise<SeenProcess> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8");
  const stat = await read("stat");
  const commandLine = (await read("cmdline")).replaceAll("\0", " ");
  const [, kibibytes = "0"] = /^VmHWM:\s+(\d+) kB$/m.exec(await read("status")) ?? [];
  const { parent, own } = parseStat(stat);
  return { pid, parent, commandLine, seconds: own, mebibytes: Number(kibibytes) / 1024 };
}

/** The text of /proc/PID/stat: the parent's process id, and processor seconds of its own and of its ended children. */
export function parseStat(stat: string): { readonly parent: string; readonly own: number; readonly children: number } {
  // After the program's name, which is in brackets and may hold anything.
  const [, parent = "", ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system, childrenUser, childrenSystem] = fields.slice(9, 13).map(Number);
  return {
    parent,
    own: ((user ?? 0) + (system ?? 0)) / TICKS,
    children: ((childrenUser ?? 0) + (childrenSystem ?? 0)) / TICKS,
  };
}

async function endedChildrenSeconds(): Promise<number> {
  return parseStat(await readFile("/proc/self/stat", "utf8")).children;
}
