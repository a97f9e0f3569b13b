import { waitForLock } from "../node/lock.ts";
import type { ToolPlace } from "./tools.ts";

/** One of the builds that go on in a cache. */
export interface Build {
  readonly wanted: readonly ToolPlace[];
  /** Runs once the cache is this process's, before its first build. */
  readonly before: () => Promise<void>;
  /** Runs after its last one, with what all of them wanted. */
  readonly after: (wanted: readonly ToolPlace[]) => Promise<void>;
}

/** A lock file that this process holds, or waits for. */
interface Holding {
  readonly taken: Promise<() => void>;
  readonly wanted: ToolPlace[];
  count: number;
}

const holdings = new Map<string, Holding>();

/**
 * Does `work` while this process holds the lock file `path`. Work of one process goes on side by side under one lock, which
 * is given back with the last of it; other processes wait.
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
    if (holding.count === 0) await giveBack(path, holding, build);
  }
}

async function take(path: string, { before }: Build): Promise<() => void> {
  const release = await waitForLock(path);
  await before().catch((error: unknown) => {
    release();
    throw error;
  });
  return release;
}

async function giveBack(path: string, { taken, wanted }: Holding, { after }: Build): Promise<void> {
  holdings.delete(path);
  const release = await taken.catch(() => undefined);
  if (release === undefined) return;
  try {
    await after(wanted);
  } finally {
    release();
  }
}
