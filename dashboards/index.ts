import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** The Grafana dashboards of this folder as JSON, by the names of their files. */
export function readDashboards(): Record<string, string> {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".json"));
  return Object.fromEntries(
    files
      .toSorted()
      .map((file) => [path.basename(file, ".json"), readFileSync(path.join(import.meta.dirname, file), "utf8")]),
  );
}
