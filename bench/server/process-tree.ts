import { readdir, readFile } from "node:fs/promises";

/** A process, as /proc/PID/stat says (proc(5)). */
interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** CPU time of all its threads, including those that have ended, and of its children that have ended, in seconds. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Ticks per second in /proc, and bytes of a page: the same on every Linux for x86-64. */
const [TICKS, PAGE] = [100, 4096];

/** A process and its descendants: servers in Python often have workers and helpers of their own. */
export async function processTree(root: number): Promise<readonly ProcessStat[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = (await Promise.all(pids.map(readStat))).filter((stat) => stat !== undefined);
  const found = stats.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...stats.filter(({ parent }) => parent === pid));
  return found;
}

/** Undefined if the process has ended. */
async function readStat(pid: string): Promise<ProcessStat | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The program's name, in parentheses, may contain blanks. The fields behind it are numbered from 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  const ticks = field(14) + field(15) + field(16) + field(17);
  return { pid: Number(pid), parent: field(4), cpuSeconds: ticks / TICKS, residentBytes: field(24) * PAGE };
}
