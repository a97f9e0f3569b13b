/** The parts of Kubernetes' OpenAPI document that merging and checking need. */
interface Property {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property | boolean;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
}

interface Definition extends Property {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

export interface OpenApi {
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly paths: Readonly<Record<string, unknown>>;
}

/** Definitions that stand for a value instead of an object. */
const VALUES: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "string",
};

const STABLE = /^v[0-9]+$/;

/**
 * Kubernetes' stable kinds in the form of `components/kubernetes/api/api.json`: the fields of each definition with their types,
 * `!` for those that are required, and for each kind its definition and whether its objects belong to a namespace.
 */
export function compactApi({ definitions, paths }: OpenApi) {
  const kinds = Object.entries(definitions)
    .flatMap(([name, definition]) =>
      (definition["x-kubernetes-group-version-kind"] ?? []).map((kind) => ({ name, ...kind })),
    )
    // An object that can be applied has metadata; requests such as Eviction and DeleteOptions are no such objects.
    .filter(({ name, version }) => STABLE.test(version) && definitions[name]?.properties?.["metadata"] !== undefined)
    .filter(({ name, kind }) => !/^(Status|DeleteOptions|WatchEvent)$|List$/.test(kind) && name.startsWith("io.k8s."))
    .map(({ name, group, version, kind }) => ({
      key: `${group === "" ? version : `${group}/${version}`}/${kind}`,
      name,
      namespaced: isNamespaced(paths, kind, group, version),
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const reached = new Set<string>();
  const reach = (name: string): void => {
    if (reached.has(name) || definitions[name]?.properties === undefined) return;
    reached.add(name);
    for (const [, found] of JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g))
      reach(found ?? "");
  };
  for (const { name } of kinds) reach(name);
  return {
    kinds: Object.fromEntries(kinds.map(({ key, name, namespaced }) => [key, { definition: short(name), namespaced }])),
    definitions: Object.fromEntries(
      [...reached].toSorted().map((name) => [short(name), fieldsOf(definitions, definitions[name] ?? {})]),
    ),
  };
}

/** Whether there is a path for objects of the kind in one namespace; objects such as Binding are only created there. */
function isNamespaced(paths: OpenApi["paths"], kind: string, group: string, version: string): boolean {
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const gvk = JSON.stringify({ group, kind, version });
  return Object.entries(paths).some(
    ([path, operations]) =>
      path.startsWith(`${base}/namespaces/{namespace}/`) &&
      Object.values(operations as object).some(
        (operation: { "x-kubernetes-group-version-kind"?: { group: string; kind: string; version: string } }) => {
          const found = operation["x-kubernetes-group-version-kind"];
          return (
            found !== undefined &&
            JSON.stringify({ group: found.group, kind: found.kind, version: found.version }) === gvk
          );
        },
      ),
  );
}

function fieldsOf(all: OpenApi["definitions"], { properties = {}, required = [] }: Definition): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([field, property]) => [
      field,
      `${typeOf(all, property)}${required.includes(field) ? "!" : ""}`,
    ]),
  );
}

function typeOf(all: OpenApi["definitions"], property: Property): string {
  const { $ref, type, format, items, additionalProperties } = property;
  if ($ref !== undefined) {
    const name = $ref.replace("#/definitions/", "");
    return VALUES[name] ?? (all[name]?.properties === undefined ? "any" : short(name));
  }
  if (type === "array") return `[${typeOf(all, items ?? {})}]${merging(property)}`;
  if (type === "object") {
    return typeof additionalProperties === "object" ? `{${typeOf(all, additionalProperties)}}` : "any";
  }
  return format === "byte" ? "bytes" : (type ?? "any");
}

/** How a patch merges the items of a list; without it, the list of the patch takes the other's place. */
function merging(property: Property): string {
  if (!property["x-kubernetes-patch-strategy"]?.includes("merge")) return "";
  const key = property["x-kubernetes-patch-merge-key"];
  return key === undefined ? " union" : ` by ${key}`;
}

function short(name: string): string {
  return name.replace(/^io\.k8s\.(api\.|apimachinery\.pkg\.apis\.)?/, "");
}

/** The text of `api.json`: a line for each definition, so that differences between releases can be read. */
export function apiText({ kinds, definitions }: ReturnType<typeof compactApi>): string {
  const lines = (entries: object) =>
    Object.entries(entries).map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{"kinds": {\n${lines(kinds).join(",\n")}\n},\n"definitions": {\n${lines(definitions).join(",\n")}\n}}\n`;
}
