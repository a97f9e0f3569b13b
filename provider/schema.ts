import { z } from "zod";
import { StackSchema } from "../config/schema/stack.ts";

/** Type of the component in Pulumi programs. */
export const PLATFORM = "ml-platform:index:Platform";

/** The parts of a JSON schema that have a counterpart in Pulumi's. */
interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** A type in a Pulumi package schema. @see https://www.pulumi.com/docs/iac/using-pulumi/pulumi-packages/schema/ */
type TypeSpec = Readonly<Record<string, unknown>>;

const ANY = { $ref: "pulumi.json#/Any" };

/** Text, numbers and truth values, which have the same names in both schemas. */
const SCALARS = ["string", "integer", "number", "boolean"];

/**
 * The schema of the Pulumi package, from which the SDKs of all languages are generated. Its settings are those of a stack
 * file, and all plain, since they are checked before anything is created. A setting of several forms has the type `Any`.
 */
export function packageSchema({ name, version }: { readonly name: string; readonly version: string }): TypeSpec {
  const types: Record<string, TypeSpec> = {};
  const schema = z.toJSONSchema(StackSchema, { io: "input", unrepresentable: "any" }) as JsonSchema;
  const { properties, required } = objectOf(schema, "", types);
  return {
    name,
    version,
    description:
      "Machine-learning models on Kubernetes: namespace, storage, training, serving, traffic and monitoring.",
    license: "Apache-2.0",
    meta: { supportPack: true },
    language: { nodejs: { respectSchemaVersion: true }, python: { respectSchemaVersion: true } },
    types,
    resources: {
      [PLATFORM]: {
        isComponent: true,
        description:
          "Models with their namespace, storage, training, traffic and monitoring, as a stack file describes them.",
        inputProperties: {
          ...properties,
          secretValues: {
            type: "object",
            additionalProperties: { type: "string" },
            secret: true,
            description:
              "Values by the names that `secrets` refer to by `config`; they may be outputs of other resources.",
          },
        },
        requiredInputs: required,
        properties: {
          namespaceName: { type: "string", description: "The namespace of the models." },
          cost: { ...ANY, description: "Monthly cost, for the fewest and the most pods that the autoscalers allow." },
        },
        required: ["namespaceName", "cost"],
      },
    },
  };
}

/** The properties of an object. The types of objects inside are added to `types`, named by their path. */
function objectOf(schema: JsonSchema, path: string, types: Record<string, TypeSpec>) {
  const properties = Object.entries(schema.properties ?? {}).map(([key, child]): [string, TypeSpec] => [
    key,
    { ...typeOf(child, `${path}${capital(key)}`, types), ...described(child), plain: true },
  ]);
  return { properties: Object.fromEntries(properties), required: [...(schema.required ?? [])] };
}

function typeOf(schema: JsonSchema, path: string, types: Record<string, TypeSpec>): TypeSpec {
  const { type = "", items, additionalProperties } = schema;
  if (SCALARS.includes(type)) return { type };
  if (type === "array" && items !== undefined) {
    return { type, items: { ...typeOf(items, singular(path), types), plain: true } };
  }
  if (type !== "object") return ANY;
  if (schema.properties === undefined || Object.keys(schema.properties).length === 0) {
    if (typeof additionalProperties !== "object") return ANY;
    return { type, additionalProperties: { ...typeOf(additionalProperties, singular(path), types), plain: true } };
  }
  const token = `ml-platform:index:${path}`;
  types[token] = { type, ...described(schema), ...objectOf(schema, path, types) };
  return { $ref: `#/types/${token}` };
}

function described({ description, enum: choices }: JsonSchema): TypeSpec {
  const text = [description, choices === undefined ? undefined : `One of ${choices.join(", ")}.`];
  const known = text.filter((part) => part !== undefined).join(" ");
  return known === "" ? {} : { description: known };
}

const capital = (key: string) => `${key.charAt(0).toUpperCase()}${key.slice(1)}`;

/** The name of one of several: `ModelsVersions` holds a `ModelsVersion`. */
const singular = (path: string) =>
  path
    .replace(/ies$/, "y")
    .replace(/(ch|sh|x)es$/, "$1")
    .replace(/([^s])s$/, "$1");
