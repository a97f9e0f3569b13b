import api from "./api.json" with { type: "json" };

/** The type of a field of Kubernetes' API. */
export type FieldType =
  | { readonly is: "string" | "integer" | "number" | "boolean" | "quantity" | "int-or-string" | "bytes" | "any" }
  | { readonly is: "object"; readonly definition: string }
  | { readonly is: "map"; readonly values: FieldType }
  | {
      readonly is: "list";
      readonly items: FieldType;
      /**
       * How a patch changes the list: `by` merges items with the same value of that field, `union` adds plain values. Without
       * either the patch's list takes the place of the other.
       */
      readonly merge?: { readonly by: string } | "union";
    };

export interface Field {
  readonly type: FieldType;
  readonly required: boolean;
}

/** A stable kind of Kubernetes. */
export interface Kind {
  readonly type: FieldType;
  readonly namespaced: boolean;
}

/** The type of the pods that Deployments, Jobs and the like create. */
export const POD_TEMPLATE: FieldType = { is: "object", definition: "core.v1.PodTemplateSpec" };

const kinds: Readonly<Record<string, { definition: string; namespaced: boolean }>> = api.kinds;
const definitions: Readonly<Record<string, Readonly<Record<string, string>>>> = api.definitions;

/**
 * A kind of Kubernetes' API.
 *
 * @param apiVersion such as `apps/v1`
 * @returns undefined for custom kinds, and for those that are not stable
 */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  const found = kinds[`${apiVersion}/${kind}`];
  return found && { type: { is: "object", definition: found.definition }, namespaced: found.namespaced };
}

/** The stable API versions of a kind, such as `apps/v1` for Deployment. */
export function apiVersionsOf(kind: string): string[] {
  return Object.keys(kinds).flatMap((key) => (key.endsWith(`/${kind}`) ? [key.slice(0, -kind.length - 1)] : []));
}

/** Whether Kubernetes itself has kinds of this version, such as `apps/v1`. */
export function hasApiVersion(apiVersion: string): boolean {
  return kindsOf(apiVersion).length > 0;
}

/** Kubernetes' kinds of an API version. */
export function kindsOf(apiVersion: string): string[] {
  return Object.keys(kinds).flatMap((key) =>
    key.startsWith(`${apiVersion}/`) && !key.slice(apiVersion.length + 1).includes("/")
      ? [key.slice(apiVersion.length + 1)]
      : [],
  );
}

const parsed = new Map<string, Readonly<Record<string, Field>>>();

/** The fields of an object, by name. */
export function fieldsOf(definition: string): Readonly<Record<string, Field>> {
  const known = parsed.get(definition);
  if (known !== undefined) return known;
  const fields = Object.fromEntries(
    Object.entries(definitions[definition] ?? {}).map(([name, text]) => {
      const required = text.endsWith("!");
      return [name, { type: parseType(required ? text.slice(0, -1) : text), required }];
    }),
  );
  parsed.set(definition, fields);
  return fields;
}

function parseType(text: string): FieldType {
  const [, items, merging] = /^\[(.+)\](?: (.+))?$/.exec(text) ?? [];
  if (items !== undefined) {
    const merge = merging === undefined || merging === "union" ? merging : { by: merging.replace(/^by /, "") };
    return { is: "list", items: parseType(items), merge };
  }
  const [, values] = /^\{(.+)\}$/.exec(text) ?? [];
  if (values !== undefined) return { is: "map", values: parseType(values) };
  switch (text) {
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "quantity":
    case "int-or-string":
    case "bytes":
    case "any":
      return { is: text };
    default:
      return { is: "object", definition: text };
  }
}
