import { readFile, rename, writeFile } from "node:fs/promises";
import { isAlive, type ProcessIdentity } from "./processes.ts";

/** What start.ts hands to the keeper. */
export interface KeeperOptions {
  readonly state: string;
  /** Folders with the Kubernetes, etcd, containerd and helper binaries, for PATH inside. */
  readonly toolDirectories: readonly string[];
  readonly gatewayPort: number;
  /** Port on 127.0.0.1 for the API server; 0 for any. */
  readonly apiPort: number;
  /** Hash of everything the running node was started from. */
  readonly fingerprint: string;
}

/** What a running keeper says about itself in the state folder. */
export interface KeeperRecord {
  readonly keeper: ProcessIdentity;
  /** Process id, on the host, of the node's process 1; 0 while it starts. */
  readonly init: number;
  readonly fingerprint: string;
  readonly gatewayPort: number;
  readonly apiPort: number;
  /** ISO time. */
  readonly startedAt: string;
}

/** Exit code of a keeper that found a port taken. */
export const portTakenExitCode = 98;

/** The record of the keeper that runs now; undefined where none does, whatever an earlier one left behind. */
export async function runningKeeper(recordFile: string): Promise<KeeperRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(recordFile, "utf8")) as KeeperRecord;
    return isAlive(record.keeper) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a record whole or not at all. */
export async function writeRecord(recordFile: string, record: KeeperRecord): Promise<void> {
  await writeFile(`${recordFile}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${recordFile}.new`, recordFile);
}
