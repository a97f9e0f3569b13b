import { open, readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { formatRecord, type RolloutRecord } from "../records/record.ts";

/** Milliseconds between two looks at whether somebody has added a record. */
const POLL = 500;

/** A file of records that only grows. */
export class RecordFile {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  async read(): Promise<string> {
    return readFile(this.file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return "";
    });
  }

  /** Adds a record, which is on the disk when the promise resolves. What an interrupted writer left is closed first. */
  async append(record: RolloutRecord): Promise<void> {
    const text = await this.read();
    const handle = await open(this.file, "a");
    try {
      if (text !== "" && !text.endsWith("\n")) {
        // Cutting it off would race with a writer that is not interrupted, so an empty record ends it.
        await handle.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1)));
      }
      await handle.write(formatRecord(record));
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Waits for a time, until the file has changed, or until the signal. */
  async wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const size = await this.#size();
    const end = performance.now() + milliseconds;
    while (signal?.aborted !== true && (await this.#size()) === size) {
      const left = end - performance.now();
      if (left <= 0) return;
      await sleep(Math.min(POLL, left), undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  async #size(): Promise<number> {
    return stat(this.file).then(
      ({ size }) => size,
      () => 0,
    );
  }
}
