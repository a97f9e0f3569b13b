import { writeFile } from "node:fs/promises";
import path from "node:path";
import { configReference } from "../config/reference.ts";

/** Writes the pages that are made from code. */
await writeFile(path.join(import.meta.dirname, "config.md"), configReference());
