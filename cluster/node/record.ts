import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { isAlive, type ProcessIdentity } from "../../common/processes.ts";
import type { NodePaths } from "./layout.ts";

/** What start.ts passes to the supervisor. */
export interface SupervisorOptions {
  readonly state: string;
  /** Folders with the Kubernetes, etcd, containerd and helper binaries, for PATH inside the node. */
  readonly toolDirectories: readonly string[];
  readonly gatewayPort: number;
  /** Port on 127.0.0.1 for the API server; 0 for any. */
  readonly apiPort: number;
  /** Hash of everything the running node was started from. */
  readonly fingerprint: string;
}

/** What the state folder says about the running node. */
export interface NodeRecord {
  readonly supervisor: ProcessIdentity;
  /** Process id, on the host, of the node's process 1; 0 while the node starts. */
  readonly init: number;
  readonly fingerprint: string;
  readonly gatewayPort: number;
  readonly apiPort: number;
  /** ISO time. */
  readonly startedAt: string;
}

/** Exit code of a supervisor that found a port taken. */
export const portTakenExitCode = 98;

/** The record of the running node; undefined if none is running, even if an earlier one left a record behind. */
export async function runningNode(paths: Pick<NodePaths, "record" | "formerRecord">): Promise<NodeRecord | undefined> {
  const records = await Promise.all([paths.record, paths.formerRecord].map(readRecord));
  return records.find((record) => isAlive(record?.supervisor));
}

async function readRecord(file: string): Promise<NodeRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, "utf8")) as NodeRecord & { readonly keeper?: ProcessIdentity };
    // Up to release 0.1 the supervisor was called the keeper.
    return { ...record, supervisor: record.supervisor ?? record.keeper };
  } catch {
    return undefined;
  }
}

/** Writes the record atomically, so that no reader sees an incomplete one. */
export async function writeRecord(paths: Pick<NodePaths, "record">, record: NodeRecord): Promise<void> {
  await writeFile(`${paths.record}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${paths.record}.new`, paths.record);
}

/** Removes the record, including one written by an earlier release. */
export async function removeRecord(paths: Pick<NodePaths, "record" | "formerRecord">): Promise<void> {
  await Promise.all([paths.record, paths.formerRecord].map((file) => rm(file, { force: true })));
}
