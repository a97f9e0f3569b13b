import { readFile, rename, writeFile } from "node:fs/promises";
import { NOWHERE, type Position } from "../evidence/evidence.ts";

/** Where the counters stood at a read. It is not in the record file, because it is of use only to the next read. */
interface Kept {
  /** Time of the read. */
  readonly read: number;
  readonly position: Position;
}

/** Keeps the position of the last read across restarts. */
export class PositionFile {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** The position of the read at a time; that of a first read if it is not the one that was kept. */
  async load(read: number | undefined): Promise<Position> {
    if (read === undefined) return NOWHERE;
    const kept = await readFile(this.#file, "utf8").then(
      (text) => JSON.parse(text) as Kept,
      () => undefined,
    );
    return kept?.read === read ? kept.position : NOWHERE;
  }

  async save(read: number, position: Position): Promise<void> {
    const temporary = `${this.#file}.${process.pid}`;
    await writeFile(temporary, JSON.stringify({ read, position } satisfies Kept), { mode: 0o600 });
    await rename(temporary, this.#file);
  }
}
