import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { writeDurably } from "./durable.ts";
import { errorCode, RegistryError } from "./errors.ts";
import { TEMPORARY_PREFIX } from "./layout.ts";
import { ownerIsGone, temporaryName } from "./owner.ts";

/** Interval at which a holder renews its lock. */
const HEARTBEAT_MS = 2_000;
/** A lock that is not renewed for this long has lost its holder. */
const STALE_MS = 20_000;
const RETRY_MS = 25;

export interface LockOptions {
  /** Maximum time to wait for the lock, in milliseconds. Default 60 s. */
  readonly timeoutMs?: number;
  /** Maximum time without renewal of a lock whose process runs on another machine, in milliseconds. Default 20 s. */
  readonly staleMs?: number;
}

/**
 * Runs `work` while holding a lock file. Exclusive creation is atomic on local disks and on NFS; `flock` is not reliable
 * there. A dead holder's lock is taken over: at once if its process ran on this machine, otherwise when it is stale.
 *
 * @throws RegistryError if the lock is not acquired in time
 */
export async function withLock<T>(file: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const token = temporaryName("", "lock");
  await acquire(file, token, options);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await holder(file)) === token) await rm(file, { force: true });
  }
}

async function acquire(file: string, token: string, options: LockOptions): Promise<void> {
  const { timeoutMs = 60_000, staleMs = STALE_MS } = options;
  const watch: Watch = { token: undefined, modified: 0, since: 0 };
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await writeDurably(file, token);
      return;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    if (await isStale(file, watch, staleMs)) await breakLock(file, watch.token);
    if (Date.now() > deadline) {
      throw new RegistryError(
        `${file} is held by ${watch.token ?? "another writer"}: wait for it, or remove the file if no trainer is running`,
      );
    }
    await sleep(RETRY_MS * (0.5 + Math.random()));
  }
}

/** The last state of a lock that a waiting process has seen, and since when by its own clock. */
interface Watch {
  token: string | undefined;
  modified: number;
  since: number;
}

async function isStale(file: string, watch: Watch, staleMs: number): Promise<boolean> {
  const [token, modified] = await Promise.all([
    holder(file),
    stat(file).then(
      (found) => found.mtimeMs,
      () => 0,
    ),
  ]);
  if (token !== watch.token || modified !== watch.modified) {
    watch.token = token;
    watch.modified = modified;
    watch.since = Date.now();
  }
  if (token !== undefined && ownerIsGone(token)) return true;
  return Date.now() - watch.since > staleMs;
}

/**
 * Renames a dead holder's lock before removing it. If another waiter was faster, this may remove a new lock, and two writers
 * may briefly work at once; `updateIndex` checks what it wrote and is safe even then.
 */
async function breakLock(file: string, token: string | undefined): Promise<void> {
  if ((await holder(file)) !== token) return;
  const aside = `${file}${TEMPORARY_PREFIX}${randomBytes(4).toString("hex")}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  await rm(aside, { force: true });
}

async function holder(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
