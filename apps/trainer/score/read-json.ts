import { readFile } from "node:fs/promises";
import type { z } from "zod";

/** The content of a JSON file; undefined where it is missing, torn or of another form. */
export async function readJsonFile<T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}
