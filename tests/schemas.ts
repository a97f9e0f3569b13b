import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { KubernetesObject } from "../render/rendered.ts";
import { ensureTool } from "./tools/index.ts";

interface Definition {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly [key: string]: unknown;
}

/** The field with the kind of a definition. */
const KINDS = "x-kubernetes-group-version-kind";

type Definitions = Readonly<Record<string, Definition>>;

/** The definition of a custom kind. */
export interface CustomResourceDefinition extends KubernetesObject {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: Definition };
    }[];
  };
}

/** The definitions of a running API server, including custom kinds. */
export async function servedDefinitions(kubectl: Kubectl): Promise<Definitions> {
  return JSON.parse(await kubectl.run(["get", "--raw", "/openapi/v2"])).definitions;
}

/** The same definitions as published by Kubernetes and the projects of the custom kinds, without a cluster. */
export async function publishedDefinitions(): Promise<Definitions> {
  const folder = await ensureTool("schemas");
  const { definitions } = JSON.parse(await readFile(path.join(folder, "swagger.json"), "utf8"));
  return { ...definitions, ...Object.fromEntries((await publishedCustomKinds()).flatMap(customKinds)) };
}

/** The definitions of the custom kinds, as their projects publish them. */
export async function publishedCustomKinds(): Promise<CustomResourceDefinition[]> {
  const custom = path.join(await ensureTool("schemas"), "crds");
  const files = (await readdir(custom, { recursive: true })).filter((file) => file.endsWith(".yaml"));
  const texts = await Promise.all(files.map((file) => readFile(path.join(custom, file), "utf8")));
  return (
    texts
      // Envoy Gateway's is part of a chart, which adds a condition.
      .flatMap((text) => parseAllDocuments(text.replaceAll(/^\{\{-.*\}\}$/gm, "")))
      .map((document) => document.toJS() as unknown)
      .filter(isCustomResourceDefinition)
  );
}

function isCustomResourceDefinition(value: unknown): value is CustomResourceDefinition {
  return typeof value === "object" && value !== null && Reflect.get(value, "kind") === "CustomResourceDefinition";
}

function customKinds({ spec }: CustomResourceDefinition): [string, Definition][] {
  const metadata = { $ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" };
  return spec.versions.map(({ name, schema: { openAPIV3Schema } }) => [
    `${spec.group}.${name}.${spec.names.kind}`,
    {
      ...openAPIV3Schema,
      properties: { ...openAPIV3Schema.properties, metadata },
      [KINDS]: [{ group: spec.group, version: name, kind: spec.names.kind }],
    },
  ]);
}

/**
 * Writes schemas in kubeconform's format: a file for each kind, which rejects unknown fields.
 *
 * @returns kubeconform's template for the files
 */
export async function writeSchemas(definitions: Definitions, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const all = Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, closed(definition)]));
  await writeFile(path.join(folder, "definitions.json"), JSON.stringify({ definitions: all }));
  for (const [name, definition] of Object.entries(definitions)) {
    for (const { group, version, kind } of definition[KINDS] ?? []) {
      // kubeconform uses the version of the core group as its name.
      const file = `${group || version}_${kind.toLowerCase()}_${version}`;
      const schema = { $ref: `definitions.json#/definitions/${name}` };
      await writeFile(path.join(folder, `${file}.json`), JSON.stringify(schema));
    }
  }
  return path.join(folder, "{{ .Group }}_{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json");
}

/** A definition that rejects unknown fields. Quantities and the like may be numbers or text. */
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

/** The result of kubeconform. */
export interface Verdict {
  readonly exitCode: number | undefined;
  /** One entry for each invalid object. */
  readonly wrong: readonly unknown[];
  readonly summary: Readonly<Record<"valid" | "invalid" | "errors" | "skipped", number>>;
}

/** Checks the objects in a folder or a text against schemas; a kind without a schema is an error. */
export async function conform(schemas: string, input: { folder: string } | { text: string }): Promise<Verdict> {
  const { stdout, exitCode } = await execa(
    path.join(await ensureTool("kubeconform"), "kubeconform"),
    ["-strict", "-summary", "-output=json", "-schema-location", schemas, ...("folder" in input ? [input.folder] : [])],
    { reject: false, ...("text" in input ? { input: input.text } : {}) },
  );
  const { resources, summary } = JSON.parse(stdout);
  return { exitCode, wrong: resources ?? [], summary };
}
