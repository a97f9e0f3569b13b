import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/errors.ts";
import { identify, isAlive, type ProcessIdentity } from "./processes.ts";

/** The holder a lock file names, undefined where the text is not one of ours. */
export function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { pid, started, boot } = value as Record<string, unknown>;
    if (typeof pid !== "number" || typeof started !== "string" || typeof boot !== "string") return undefined;
    return { pid, started, boot };
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file `path` for this process and returns what gives it back. A lock whose holder has died (by number,
 * start time and boot) is taken over.
 * @throws UserError while another live process holds it.
 */
export function acquireLock(
  path: string,
  alive: (holder: ProcessIdentity | undefined) => boolean = isAlive,
): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        // A hard link is made with its content or not at all, so no reader ever sees an empty lock.
        linkSync(mine, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const holder = readHolder(path);
      if (holder && alive(holder)) {
        throw new UserError(
          `another up or down is running (process ${holder.pid})`,
          "wait for it to end, or stop it and try again",
        );
      }
      moveAside(path, alive);
    }
    throw new UserError("the lock changes hands too fast", "wait for the other up or down to end and try again");
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Takes the lock as {@link acquireLock} does, once whoever holds it has given it back or died. */
export async function waitForLock(path: string): Promise<() => void> {
  for (;;) {
    try {
      return acquireLock(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      await sleep(500);
    }
  }
}

/** Removes a stale lock. Of two takers only one moves a given file; a live lock moved by mistake is put back. */
function moveAside(path: string, alive: (holder: ProcessIdentity | undefined) => boolean): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const holder = readHolder(aside);
  if (holder && alive(holder)) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return parseHolder(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
