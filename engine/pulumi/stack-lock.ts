import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { startTime } from "../../cluster/node/processes.ts";

/** A lock of the engine's local backend. @see pulumi/pkg `backend/diy/lock.go` */
const Lock = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });
type Lock = z.infer<typeof Lock>;

/** Milliseconds by which the start of a process, which is counted in seconds since boot, may seem late. */
const CLOCK_SLACK = 5000;

/**
 * Waits until no other process changes a stack, and removes the locks of those that have ended without doing so.
 *
 * @param folder folder of the stack's locks
 * @returns whether a process had ended in the midst of a change
 */
export async function awaitStack(folder: string, report: (line: string) => void): Promise<boolean> {
  let abandoned = false;
  let told = "";
  for (;;) {
    const held = await readLocks(folder);
    const dead = held.filter(({ lock }) => lock === undefined || isDead(lock));
    abandoned ||= dead.length > 0;
    for (const { file } of dead) await rm(file, { force: true });
    const alive = held.find(({ lock }) => lock !== undefined && !isDead(lock))?.lock;
    if (alive === undefined) return abandoned;
    const line = `waiting for process ${alive.pid} of ${alive.username}, which changes this stack since ${alive.timestamp}`;
    if (line !== told) report(line);
    told = line;
    await sleep(500);
  }
}

async function readLocks(folder: string): Promise<{ file: string; lock: Lock | undefined }[]> {
  const names = await readdir(folder).catch(() => []);
  const found: { file: string; lock: Lock | undefined }[] = [];
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    const file = path.join(folder, name);
    // One that has just been given back is not there any more.
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

/** Whether a lock's process is known to have ended. What runs on another machine cannot be known. */
function isDead({ pid, hostname: host, timestamp }: Lock): boolean {
  if (host !== hostname()) return false;
  if (process.platform === "linux") {
    const started = startTime(pid);
    // A process that began after the lock was taken has only the number of the one that took it.
    return started === undefined || started > Date.parse(timestamp) + CLOCK_SLACK;
  }
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
