import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Kubectl } from "../../local/kubectl.ts";

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly [key: string]: unknown;
}

/** Where a definition says what kind it is. */
const KINDS = "x-kubernetes-group-version-kind";

/**
 * Writes the schemas that a running API server publishes as kubeconform reads them: a file for each kind, custom ones
 * included, that allows no field the kind does not have.
 *
 * @returns kubeconform's template for the files
 */
export async function writeSchemas(kubectl: Kubectl, folder: string): Promise<string> {
  const { definitions } = JSON.parse(await kubectl.run(["get", "--raw", "/openapi/v2"])) as {
    definitions: Record<string, Definition>;
  };
  await mkdir(folder, { recursive: true });
  const all = Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, closed(definition)]));
  await writeFile(path.join(folder, "definitions.json"), JSON.stringify({ definitions: all }));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition[KINDS] ?? []) {
      // kubeconform takes the version of the core group for its name.
      const file = `${group || version}_${kind.toLowerCase()}_${version}`;
      const schema = { $ref: `definitions.json#/definitions/${name}` };
      await writeFile(path.join(folder, `${file}.json`), JSON.stringify(schema));
    }
  }
  return path.join(folder, "{{ .Group }}_{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json");
}

/** A definition that refuses fields it does not name. Quantities and the like may be numbers as well as text. */
function closed(definition: Definition): unknown {
  return JSON.parse(JSON.stringify(definition), (_key, value: Definition | null) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if (typeof value["$ref"] === "string") return { $ref: value["$ref"].replace("#/", "definitions.json#/") };
    if (value["format"] === "int-or-string") return { oneOf: [{ type: "string" }, { type: "integer" }] };
    const open = value["x-kubernetes-preserve-unknown-fields"] === true || "additionalProperties" in value;
    if (value["type"] !== "object" || value.properties === undefined || open) return value;
    return { ...value, additionalProperties: false };
  });
}
