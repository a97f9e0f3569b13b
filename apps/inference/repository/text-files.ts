import { readFile } from "node:fs/promises";
import path from "node:path";
import { errorCode, errorMessage, RegistryError } from "../../registry/errors.ts";
import { CONFIG_FILE, TOKENIZER_CONFIG_FILE, TOKENIZER_FILE } from "../../registry/layout.ts";
import type { TextFiles } from "../model/text/open-text.ts";

/**
 * Reads the tokenizer beside a graph; undefined if there is none.
 *
 * @throws RegistryError if a file cannot be read or is not a JSON object
 */
export async function readTextFiles(directory: string): Promise<TextFiles | undefined> {
  const tokenizer = await readObject(path.join(directory, TOKENIZER_FILE));
  if (tokenizer === undefined) {
    return undefined;
  }
  const [tokenizerConfig = {}, config = {}] = await Promise.all(
    [TOKENIZER_CONFIG_FILE, CONFIG_FILE].map((name) => readObject(path.join(directory, name))),
  );
  return { tokenizer, tokenizerConfig, config };
}

async function readObject(file: string): Promise<Record<string, unknown> | undefined> {
  try {
    const content: unknown = JSON.parse((await readFile(file, "utf8")).replace(/^\ufeff/, ""));
    if (typeof content === "object" && content !== null && !Array.isArray(content)) {
      return content as Record<string, unknown>;
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return undefined;
    }
    throw new RegistryError(`${file} cannot be used: ${errorMessage(error)}; copy it here again`);
  }
  throw new RegistryError(`${file} cannot be used: it is not a JSON object; copy it here again`);
}
