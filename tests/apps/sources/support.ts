import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { fetchVersion } from "../../../apps/sources/fetch.ts";

export const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Bytes that differ from place to place, so that a shifted part is seen. */
export function bytes(length: number, seed = 1): Buffer {
  const content = Buffer.alloc(length);
  for (let at = 0, state = seed; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    content[at] = state >>> 16;
  }
  return content;
}

export interface Fetching {
  readonly root: string;
  readonly log: string[];
  fetch(source: string, more?: Partial<Parameters<typeof fetchVersion>[0]>): ReturnType<typeof fetchVersion>;
  /** The message of a fetch that must fail: one line. */
  failure(source: string, more?: Partial<Parameters<typeof fetchVersion>[0]>): Promise<string>;
  close(): Promise<void>;
}

/** Fetches into an empty models folder, with short waits. */
export async function startFetching(): Promise<Fetching> {
  const root = await mkdtemp(path.join(tmpdir(), "sources-"));
  const log: string[] = [];
  const fetch: Fetching["fetch"] = (source, more = {}) =>
    fetchVersion({
      ...{ source, root, model: "m", version: "1", environment: {}, stallMs: 2000, waitMs: 10, attempts: 3 },
      log: (line) => log.push(line),
      ...more,
    });
  return {
    ...{ root, log, fetch },
    async failure(source, more) {
      const error = await fetch(source, more).then(
        () => expect.fail(`${source} was fetched`),
        (reason: Error) => reason,
      );
      expect(error.name, error.stack).to.match(/^(SourceError|RegistryError)$/);
      expect(error.message).to.match(/^[^\n]+$/);
      return error.message;
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}
