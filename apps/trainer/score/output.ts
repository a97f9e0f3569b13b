import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { replaceDurably, syncDirectory } from "../../registry/durable.ts";
import { readJsonFile } from "./read-json.ts";

/** What identifies a run of batch scoring: a run that was killed is continued by one of the same identity only. */
const Identity = z.object({ input: z.string(), model: z.string(), version: z.string(), artefact: z.string() });
export type Identity = z.infer<typeof Identity>;

/** How far a run has come: rows read, and how many bytes of the unfinished output belong to them. */
const Progress = z.object({ identity: Identity, rows: z.int().min(0), bytes: z.int().min(0) });

/**
 * An output file that appears whole or not at all. Until it is complete it grows beside its place as `<name>.partial`,
 * and `<name>.progress` says how much of it is safe on the disk, so that a run that was killed can go on from there.
 */
export class ResumableOutput {
  readonly #file: string;
  readonly #identity: Identity;
  readonly #handle: FileHandle;
  #rows: number;
  #bytes: number;

  private constructor(file: string, identity: Identity, handle: FileHandle, rows: number, bytes: number) {
    this.#file = file;
    this.#identity = identity;
    this.#handle = handle;
    this.#rows = rows;
    this.#bytes = bytes;
  }

  /** Begins an output, or goes on with what a killed run of the same identity has left. */
  static async open(file: string, identity: Identity): Promise<ResumableOutput> {
    const left = await readJsonFile(progressFile(file), Progress);
    const size = (await stat(partialFile(file)).catch(() => undefined))?.size ?? 0;
    const known = left !== undefined && sameIdentity(left.identity, identity) && size >= left.bytes ? left : undefined;
    const handle = await open(partialFile(file), known ? "r+" : "w", 0o644);
    // Behind the safe part there may be half a line.
    await handle.truncate(known?.bytes ?? 0);
    return new ResumableOutput(file, identity, handle, known?.rows ?? 0, known?.bytes ?? 0);
  }

  /** Rows whose predictions are safe on the disk. */
  get rows(): number {
    return this.#rows;
  }

  /** Adds the lines of `rows` more rows; after it they survive a kill. */
  async append(text: string, rows: number): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#handle.write(bytes, 0, bytes.length, this.#bytes);
    await this.#handle.datasync();
    this.#bytes += bytes.length;
    this.#rows += rows;
    const progress = { identity: this.#identity, rows: this.#rows, bytes: this.#bytes };
    await replaceDurably(progressFile(this.#file), JSON.stringify(progress));
  }

  /** Puts the output in its place in one step. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(partialFile(this.#file), this.#file);
    await rm(progressFile(this.#file), { force: true });
    await syncDirectory(path.dirname(this.#file));
  }

  /** Leaves nothing behind: for input that has to be mended first. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(progressFile(this.#file), { force: true });
    await rm(partialFile(this.#file), { force: true });
  }
}

function partialFile(file: string): string {
  return `${file}.partial`;
}

function progressFile(file: string): string {
  return `${file}.progress`;
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return a.input === b.input && a.model === b.model && a.version === b.version && a.artefact === b.artefact;
}
