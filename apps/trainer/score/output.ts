import { type FileHandle, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { replaceDurably, syncDirectory } from "../../registry/durable.ts";

/** Identifies a run of batch scoring. Only a run with the same identity may resume it. */
const Identity = z.object({ input: z.string(), model: z.string(), version: z.string(), artifact: z.string() });
export type Identity = z.infer<typeof Identity>;

/** Progress of a run: number of rows, and the length in bytes of their lines in the unfinished output. */
const Progress = z.object({ identity: Identity, rows: z.int().min(0), bytes: z.int().min(0) });

/**
 * An output file that appears complete or not at all. Until then it is written to `<name>.partial`, and `<name>.progress`
 * records how much of it is on disk, so that an interrupted run can be resumed.
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

  /** Starts an output, or resumes that of an interrupted run with the same identity. */
  static async open(file: string, identity: Identity): Promise<ResumableOutput> {
    const found = await readJsonFile(progressFile(file), Progress);
    const size = (await stat(partialFile(file)).catch(() => undefined))?.size ?? 0;
    const resumed =
      found !== undefined && sameIdentity(found.identity, identity) && size >= found.bytes ? found : undefined;
    const handle = await open(partialFile(file), resumed ? "r+" : "w", 0o644);
    // There may be an incomplete line after the recorded part.
    await handle.truncate(resumed?.bytes ?? 0);
    return new ResumableOutput(file, identity, handle, resumed?.rows ?? 0, resumed?.bytes ?? 0);
  }

  /** Number of rows whose predictions are on disk. */
  get rows(): number {
    return this.#rows;
  }

  /** Appends the lines of `rows` rows and waits until they are on disk. */
  async append(text: string, rows: number): Promise<void> {
    const bytes = Buffer.from(text);
    await this.#handle.write(bytes, 0, bytes.length, this.#bytes);
    await this.#handle.datasync();
    this.#bytes += bytes.length;
    this.#rows += rows;
    const progress = { identity: this.#identity, rows: this.#rows, bytes: this.#bytes };
    await replaceDurably(progressFile(this.#file), JSON.stringify(progress));
  }

  /** Moves the complete output to its final name. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(partialFile(this.#file), this.#file);
    await rm(progressFile(this.#file), { force: true });
    await syncDirectory(path.dirname(this.#file));
  }

  /** Removes the unfinished output: the input has to be corrected first. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(progressFile(this.#file), { force: true });
    await rm(partialFile(this.#file), { force: true });
  }
}

/** The content of a JSON file; undefined if it is missing, damaged or does not match the schema. */
async function readJsonFile<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}

function partialFile(file: string): string {
  return `${file}.partial`;
}

function progressFile(file: string): string {
  return `${file}.progress`;
}

function sameIdentity(a: Identity, b: Identity): boolean {
  return a.input === b.input && a.model === b.model && a.version === b.version && a.artifact === b.artifact;
}
