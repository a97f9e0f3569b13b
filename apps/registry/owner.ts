import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Where this process runs: host and, on Linux, PID namespace. Containers may share a host name, and each has its own
 * process 1, so a process id says something only together with both.
 */
const place = `${hostname().replaceAll(/[^A-Za-z0-9-]/g, "-")}_${pidNamespace()}`;
let counter = 0;

/** `<prefix><label>~<place>~<pid>~<unique>`: a name no other process will choose. */
export function temporaryName(prefix: string, label: string): string {
  counter += 1;
  return `${prefix}${label}~${place}~${process.pid}~${counter}${randomBytes(4).toString("hex")}`;
}

/** Whether the process that chose a `temporaryName` is known to have ended; false where that cannot be told here. */
export function ownerIsGone(name: string): boolean {
  const [, ownerPlace, pid] = name.split("~");
  if (ownerPlace !== place || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
  } catch {
    return "0";
  }
}
