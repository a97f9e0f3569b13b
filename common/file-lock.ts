import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "./errors.ts";

/**
 * Locks between processes: flock(2) on a file. The lock belongs to the open file, so the kernel releases it when the process
 * ends for any reason; programs that the process starts do not inherit it. Node has no such call, so util-linux's `flock`
 * sets the lock on the file that this process holds open.
 */
const PROGRAM = "flock";

/** Exit code of `flock` when another process holds the lock. */
const TAKEN = 75;

/** Releases a lock. */
export type Release = () => void;

/**
 * Takes the lock file `path`, which is created if it does not exist and never deleted.
 *
 * @param holder what the other process is called in the error. @default "another up or down"
 * @throws UserError while another process holds it, or without a `flock` program
 */
export function acquireLock(path: string, holder = "another up or down"): Release {
  for (;;) {
    const file = openLock(path);
    const flags = ["--exclusive", "--nonblock", "--conflict-exit-code", `${TAKEN}`, "3"];
    const { status, error, stderr } = spawnSync(PROGRAM, flags, { stdio: ["ignore", "ignore", "pipe", file] });
    if (status === 0 && isAt(file, path)) return holding(file);
    closeSync(file);
    if (error !== undefined) throw unavailable(error);
    if (status === TAKEN) {
      throw new UserError(
        `${holder} is running (process ${holderOf(path)})`,
        "wait for it to end, or stop it and try again",
      );
    }
    if (status !== 0) throw new Error(`flock ended with code ${status}: ${stderr}`);
  }
}

/**
 * Takes the lock as {@link acquireLock} does, and waits while another process holds it.
 *
 * @throws UserError without a `flock` program
 */
export async function waitForLock(path: string): Promise<Release> {
  for (;;) {
    const file = openLock(path);
    const child = spawn(PROGRAM, ["--exclusive", "3"], { stdio: ["ignore", "ignore", "inherit", file] });
    const [status] = await once(child, "exit").catch((error: NodeJS.ErrnoException) => {
      closeSync(file);
      throw unavailable(error);
    });
    if (status === 0 && isAt(file, path)) return holding(file);
    closeSync(file);
    if (status !== 0) throw new Error(`flock ended with code ${status}`);
  }
}

function openLock(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, "a+", 0o600);
}

/** Whether an open file is still the one at `path`: a previous holder may have deleted the folder. */
function isAt(file: number, path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
}

/** Writes this process's id into the lock file, for the error message of other processes. */
function holding(file: number): Release {
  ftruncateSync(file);
  writeSync(file, `${process.pid}`);
  return () => closeSync(file);
}

function holderOf(path: string): string {
  try {
    return readFileSync(path, "utf8") || "unknown";
  } catch {
    return "unknown";
  }
}

function unavailable(error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new UserError(
    "the command flock is missing; it keeps two commands from running at the same time",
    "install util-linux",
  );
}
