import { readdirSync, readFileSync } from "node:fs";

/**
 * Identifies a process permanently: process ids are reused, but not with the same start time (clock ticks since boot)
 * and boot id.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
  readonly boot: string;
}

/** Length of a clock tick in /proc, the same on every Linux. @see proc(5), USER_HZ */
const TICK_MILLISECONDS = 10;

/** Fields of /proc/PID/stat after the command name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** The identity of a running process; undefined if there is none (a zombie counts as ended). */
export function identify(pid: number): ProcessIdentity | undefined {
  const fields = statFields(pid);
  const started = fields?.[19];
  if (!started || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, started, boot: bootId() };
}

/** Whether this process still runs: same id, same start, same boot. */
export function isAlive(identity: ProcessIdentity | undefined): boolean {
  if (!identity) return false;
  const now = identify(identity.pid);
  return now !== undefined && now.started === identity.started && now.boot === identity.boot;
}

/** Start time of a running process in milliseconds since 1970, to about a second; undefined if there is none. */
export function startTime(pid: number): number | undefined {
  const identity = identify(pid);
  const boot = /^btime (\d+)$/m.exec(readFileSync("/proc/stat", "utf8"))?.[1];
  if (identity === undefined || boot === undefined) return undefined;
  return Number(boot) * 1000 + Number(identity.started) * TICK_MILLISECONDS;
}

/** Process ids whose parent is `pid`. */
export function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statFields(candidate)?.[1] === String(pid));
}

/** The command line of a process, its words separated by spaces; empty if there is no such process. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
