import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";
import { startTime } from "../../common/processes.ts";
import { waitFor } from "../../common/wait.ts";

/** A lock of the engine's local backend. @see pulumi/pkg `backend/diy/lock.go` */
const Lock = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });
type Lock = z.infer<typeof Lock>;

/** Milliseconds by which the start time of a process, which is derived from the boot time in seconds, may be too late. */
const CLOCK_SLACK = 5000;

/**
 * Waits until no other process changes a stack, and removes the locks that ended processes have left.
 *
 * @param folder folder of the stack's locks
 * @returns whether a process had ended during a change
 */
export async function awaitStack(folder: string, report: (line: string) => void): Promise<boolean> {
  let abandoned = false;
  let reported = "";
  const look = async () => {
    const held = await readLocks(folder);
    const dead = held.filter(({ lock }) => lock === undefined || isDead(lock));
    abandoned ||= dead.length > 0;
    for (const { file } of dead) await rm(file, { force: true });
    const alive = held.find(({ lock }) => lock !== undefined && !isDead(lock))?.lock;
    if (alive === undefined) return true;
    const line = `waiting for process ${alive.pid} of ${alive.username}, which has been changing this stack since ${alive.timestamp}`;
    if (line !== reported) report(line);
    reported = line;
    return undefined;
  };
  await waitFor(look);
  return abandoned;
}

async function readLocks(folder: string): Promise<{ file: string; lock: Lock | undefined }[]> {
  const names = await readdir(folder).catch(() => []);
  const found: { file: string; lock: Lock | undefined }[] = [];
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    const file = path.join(folder, name);
    // A lock that has just been released is gone.
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) found.push({ file, lock: parseLock(text) });
  }
  return found;
}

function parseLock(text: string): Lock | undefined {
  try {
    return Lock.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether a lock's process is known to have ended. Processes on other machines are assumed to run. */
function isDead({ pid, hostname: host, timestamp }: Lock): boolean {
  if (host !== hostname()) return false;
  if (process.platform === "linux") {
    const started = startTime(pid);
    // A process that started after the lock was taken has reused the process id.
    return started === undefined || started > Date.parse(timestamp) + CLOCK_SLACK;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
