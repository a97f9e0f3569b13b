import { readFile } from "node:fs/promises";

/** A process, as /proc/PID/stat says (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Processor seconds of all its threads, including those that have ended. */
  readonly own: number;
  /** Processor seconds of its ended children. */
  readonly children: number;
  readonly residentBytes: number;
}

/** Ticks per second in /proc, and bytes of a page: the same on every Linux for x86-64. */
const [TICKS, PAGE] = [100, 4096];

/** Reads the state of a process; undefined if it has ended. */
export async function readStat(pid: string): Promise<ProcessStat | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined ? undefined : parseStat(stat);
}

/** Parses /proc/PID/stat. */
export function parseStat(stat: string): ProcessStat {
  // The fields after the program's name, which is in brackets and may contain anything; they are numbered from 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return {
    pid: Number.parseInt(stat, 10),
    parent: field(4),
    own: (field(14) + field(15)) / TICKS,
    children: (field(16) + field(17)) / TICKS,
    residentBytes: field(24) * PAGE,
  };
}
