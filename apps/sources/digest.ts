import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { FileDigest } from "./remote-file.ts";

/** A downloaded file. */
export interface FetchedFile {
  /** Path in the folder, with `/` between folders. */
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The digest of a file, in hexadecimal. */
export async function digestOf(file: string, algorithm: FileDigest["algorithm"]): Promise<string> {
  const hash = createHash(algorithm === "git" ? "sha1" : "sha256");
  if (algorithm === "git") hash.update(`blob ${(await stat(file)).size}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest("hex");
}

/**
 * The digest of a whole source: of a single file its SHA-256, of several that of the lines `<sha256>  <path>` in the order of
 * their paths, as `sha256sum` writes them.
 */
export function totalDigest(files: readonly Pick<FetchedFile, "path" | "sha256">[]): string {
  const [first] = files;
  if (first !== undefined && files.length === 1) return first.sha256;
  const lines = files.map(({ path, sha256 }) => ({ path, line: `${sha256}  ${path}\n` }));
  lines.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return createHash("sha256")
    .update(lines.map(({ line }) => line).join(""))
    .digest("hex");
}
