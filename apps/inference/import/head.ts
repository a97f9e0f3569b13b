import { open } from "node:fs/promises";
import { HEAD_BYTES } from "./wrong-file.ts";

/** The first bytes of a file; undefined if it is a folder or cannot be read. */
export async function readHead(file: string): Promise<Buffer | undefined> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
