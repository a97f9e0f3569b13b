import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { errorCode, RegistryError } from "../registry/errors.ts";
import { SOURCE_RECORD_FILE } from "../registry/layout.ts";

const SourceRecord = z.object({
  /** URL as it was given. */
  source: z.string(),
  /** Patterns of the files, as they were given. */
  wanted: z.array(z.string()).optional(),
  /** Digest of the whole source. */
  digest: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  /** When it was fetched, ISO 8601. */
  fetched: z.string(),
});

/** Where the files of a version come from. */
export type SourceRecord = z.infer<typeof SourceRecord>;

/**
 * The record of a version; undefined if it was not fetched from a source.
 *
 * @throws RegistryError if it cannot be read
 */
export async function readRecord(directory: string): Promise<SourceRecord | undefined> {
  const file = path.join(directory, SOURCE_RECORD_FILE);
  try {
    return SourceRecord.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new RegistryError(`${file} is no record of a source: remove the version, or choose another one`);
  }
}
