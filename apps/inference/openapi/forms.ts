import type { ModelMetadata } from "../../registry/metadata.ts";
import { MAX_TEXT_LENGTH } from "../predict/text-limit.ts";
import { answeredSchema, elementSchema, listOf, objectOf, rowSchema, type Schema } from "./schema.ts";

/** What `/predict` takes for one request and answers to it. */
export interface FormSchemas {
  readonly request: Schema;
  readonly answer: Schema;
  /** One request that the model can answer; undefined where it would be too long to read. */
  readonly example: unknown;
}

/** Most elements of an example: those of a single image would make the document a megabyte. */
export const MAX_EXAMPLE_ELEMENTS = 1000;

/** The schemas of a model's form; undefined for a model that takes tensors only. */
export function formSchemas(metadata: ModelMetadata, maxRows: number): FormSchemas | undefined {
  const { kind, inputs, outputs, features = [], labels = [] } = metadata.signature;
  const [input] = inputs;
  const [output] = outputs;
  if (input === undefined || output === undefined) {
    return undefined;
  }
  const identity = { model: { const: metadata.name }, version: { const: metadata.version } };
  const number = elementSchema(input.datatype);
  const width = input.shape.slice(1).reduce((product, size) => product * size, 1);
  const isShort = width <= MAX_EXAMPLE_ELEMENTS;
  switch (kind) {
    case "text-classification":
      return {
        request: objectOf({ text: { type: "string", minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: "\\S" } }),
        answer: objectOf({
          text: { type: "string" },
          sentiment: { type: "string", enum: labels },
          confidence: { type: "number", minimum: 0, maximum: 1 },
          ...identity,
        }),
        example: { text: "what a good film" },
      };
    case "tabular-classification":
      return {
        request: objectOf(Object.fromEntries(features.map((name) => [name, featureSchema(metadata, name, number)]))),
        answer: objectOf({
          species_index: { type: "integer", minimum: 0, maximum: labels.length - 1 },
          species_name: { type: "string", enum: labels },
        }),
        example: featureExample(metadata),
      };
    case "regression":
      if (metadata.signature.categories !== undefined) {
        return {
          request: objectOf(Object.fromEntries(features.map((name) => [name, featureSchema(metadata, name, number)]))),
          answer: objectOf({ prediction: answeredSchema(output.datatype) }),
          example: featureExample(metadata),
        };
      }
      return {
        request: objectOf({
          features: {
            ...listOf(number, width, width),
            ...(features.length > 0 ? { description: `In this order: ${features.join(", ")}` } : {}),
          },
        }),
        answer: objectOf({ prediction: answeredSchema(output.datatype) }),
        example: isShort ? { features: new Array(width).fill(1) } : undefined,
      };
    case "instances": {
      const row = rowSchema(input, number);
      return {
        request: objectOf({ instances: listOf(row, 1, maxRows) }),
        answer: objectOf({ predictions: listOf({}, 1), ...identity }),
        example: isShort ? { instances: [exampleOf(input.shape.slice(1))] } : undefined,
      };
    }
    default:
      return undefined;
  }
}

/** A feature by its own kind: a word, or a number, and null where the model fills in what is missing. */
function featureSchema({ signature }: ModelMetadata, name: string, number: Schema): Schema {
  const { categories } = signature;
  if (categories === undefined) {
    return number;
  }
  const words = categories[name];
  return words === undefined
    ? { ...elementSchema("FP32"), type: ["number", "null"] }
    : { type: ["string", "null"], examples: words };
}

function featureExample({ signature }: ModelMetadata): unknown {
  const { features = [], categories = {} } = signature;
  return Object.fromEntries(features.map((name) => [name, categories[name]?.at(-1) ?? 1]));
}

/** Nested lists of 1, one level a dimension. */
export function exampleOf(shape: readonly number[], value: unknown = 1): unknown {
  return shape.reduceRight<unknown>((inner, size) => new Array(size === -1 ? 1 : size).fill(inner), value);
}
