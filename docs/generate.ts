import { writeFile } from "node:fs/promises";
import path from "node:path";
import { configReference } from "../config/reference.ts";
import { gatewayReference } from "./gateways.ts";

/** Writes the pages that are generated from code. */
const pages = { "config.md": configReference(), "gateways.md": gatewayReference() };
for (const [name, page] of Object.entries(pages)) await writeFile(path.join(import.meta.dirname, name), page);
