import { createReadStream, createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { makeDirectory } from "../registry/durable.ts";
import { SourceError } from "./errors.ts";

/** A layer of an image removes a file of the layers below by a file of this name. */
const WHITEOUT = ".wh.";
/** Removes everything that the layers below put into the folder. */
const OPAQUE = ".wh..wh..opq";

/**
 * Unpacks the files of a tar archive, perhaps compressed by gzip, into a folder, with a constant amount of memory. Links and
 * devices have no place in a model and are left out.
 *
 * @param isWanted whether a file is unpacked, by its path
 * @throws SourceError if a path leads out of the folder, or if the archive is damaged
 */
export async function unpack(
  archive: string,
  folder: string,
  text: string,
  isWanted: (path: string) => boolean,
): Promise<void> {
  const tar = extract();
  const file = createReadStream(archive);
  const done = (await isGzip(archive)) ? pipeline(file, createGunzip(), tar) : pipeline(file, tar);
  // Its error is that of the loop as well.
  done.catch(() => {});
  try {
    for await (const entry of tar) {
      const name = nameOf(entry.header, text);
      const target = path.join(folder, name);
      const base = path.basename(name);
      if (base === OPAQUE) {
        await rm(path.dirname(target), { recursive: true, force: true });
      } else if (base.startsWith(WHITEOUT)) {
        await rm(path.join(path.dirname(target), base.slice(WHITEOUT.length)), { recursive: true, force: true });
      } else if (isFile(entry.header) && isWanted(name)) {
        await makeDirectory(path.dirname(target));
        await rm(target, { recursive: true, force: true });
        await pipeline(entry, createWriteStream(target, { mode: 0o644, flush: true }));
        continue;
      }
      entry.resume();
    }
    await done;
  } catch (error) {
    if (error instanceof SourceError || (error instanceof Error && "syscall" in error)) throw error;
    throw new SourceError(
      `${text}: ${path.basename(archive)} is no readable tar archive (${(error as Error).message})`,
    );
  }
}

function isFile({ type }: Header): boolean {
  return type === "file" || type === "contiguous-file";
}

function nameOf({ name }: Header, text: string): string {
  const normal = path.posix.normalize(name).replace(/^(\.\/|\/)+/, "");
  if (normal === ".." || normal.startsWith("../")) {
    throw new SourceError(`${text}: the archive has a file ${name}, which is outside of its folder: do not trust it`);
  }
  return normal;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b;
  } finally {
    await handle.close();
  }
}
