import { type Release, waitForLock } from "../../common/file-lock.ts";
import type { ToolPlace } from "./tool.ts";

/** A build whose result goes into a cache. */
export interface Build {
  readonly wanted: readonly ToolPlace[];
  /** Runs once this process holds the lock, before its first build. */
  readonly before: () => Promise<void>;
  /** Runs after the process's last build, with the requests of all its builds. */
  readonly after: (wanted: readonly ToolPlace[]) => Promise<void>;
}

/** A lock file that this process holds or waits for. */
interface Holding {
  readonly taken: Promise<Release>;
  readonly wanted: ToolPlace[];
  count: number;
}

const holdings = new Map<string, Holding>();

/**
 * Runs `work` while this process holds the lock file `path`. Calls of one process share the lock and run concurrently; the
 * last one releases it. Other processes wait.
 */
export async function withBuildLock(path: string, build: Build, work: () => Promise<void>): Promise<void> {
  const holding = holdings.get(path) ?? { taken: take(path, build), wanted: [], count: 0 };
  holdings.set(path, holding);
  holding.wanted.push(...build.wanted);
  holding.count++;
  try {
    await holding.taken;
    await work();
  } finally {
    holding.count--;
    if (holding.count === 0) await release(path, holding, build);
  }
}

async function take(path: string, { before }: Build): Promise<Release> {
  const unlock = await waitForLock(path);
  await before().catch((error: unknown) => {
    unlock();
    throw error;
  });
  return unlock;
}

async function release(path: string, { taken, wanted }: Holding, { after }: Build): Promise<void> {
  holdings.delete(path);
  const unlock = await taken.catch(() => undefined);
  if (unlock === undefined) return;
  try {
    await after(wanted);
  } finally {
    unlock();
  }
}
