import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { describeFault } from "./errors.ts";

/**
 * SHA-256, in hexadecimal, and size of a file.
 *
 * @throws RegistryError if it cannot be read
 */
export async function hashFile(file: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw describeFault("cannot read", file, error);
  }
  return { sha256: hash.digest("hex"), bytes };
}
