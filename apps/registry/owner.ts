import { randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { errorCode } from "./errors.ts";

/**
 * Host and PID namespace of this process. A process id is unique only together with both: containers may share a host name,
 * and each has a process 1.
 */
const place = `${hostname().replaceAll(/[^A-Za-z0-9-]/g, "-")}_${pidNamespace()}`;
let counter = 0;

/** A name that no other process chooses: `<prefix><label>~<place>~<pid>~<unique>`. */
export function temporaryName(prefix: string, label: string): string {
  counter += 1;
  return `${prefix}${label}~${place}~${process.pid}~${counter}${randomBytes(4).toString("hex")}`;
}

/** Whether the process that chose a `temporaryName` has ended; false if it ran elsewhere. */
export function ownerIsGone(name: string): boolean {
  const [, ownerPlace, pid] = name.split("~");
  if (ownerPlace !== place || pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return errorCode(error) === "ESRCH";
  }
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
  } catch {
    return "0";
  }
}
