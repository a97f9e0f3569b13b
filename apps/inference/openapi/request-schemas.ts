import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import { rowWidth } from "../model/tensor.ts";
import { PROBABILITIES, TRUNCATED } from "../model/text/text-model.ts";
import { MAX_TEXT_LENGTH } from "../payload/text-limit.ts";
import {
  anyOf,
  elementSchema,
  listOf,
  objectOf,
  outputElementSchema,
  rowOrElementSchema,
  type Schema,
  tensorElementSchema,
} from "./schema.ts";

/** Schemas of one request to `/predict` and of its response. */
export interface PredictSchemas {
  readonly request: Schema;
  readonly response: Schema;
  /** A valid request; undefined if it would be too long to read. */
  readonly example: unknown;
}

/** Most elements of an example: those of one image would make the document a megabyte long. */
export const MAX_EXAMPLE_ELEMENTS = 1000;

/** The schemas of `/predict` for a model; undefined for a model that takes tensors only. */
export function predictSchemas(metadata: ModelMetadata, maxRows: number): PredictSchemas | undefined {
  const { kind, inputs, outputs, labels = [] } = metadata.signature;
  const [input] = inputs;
  const [output] = outputs;
  if (input === undefined || output === undefined) {
    return undefined;
  }
  const identity = { model: { const: metadata.name }, version: { const: metadata.version } };
  const width = rowWidth(input.shape);
  const isShort = width <= MAX_EXAMPLE_ELEMENTS;
  switch (kind) {
    case "text-classification":
      return {
        request: objectOf({ text: { type: "string", minLength: 1, maxLength: MAX_TEXT_LENGTH, pattern: "\\S" } }),
        response: objectOf({
          text: { type: "string" },
          sentiment: { type: "string", enum: labels },
          confidence: { type: "number", minimum: 0, maximum: 1 },
          ...identity,
          // Only a model that reads texts by a tokenizer of its own says more.
          ...(outputs.some(({ name }) => name === PROBABILITIES) && outputs.some(({ name }) => name === TRUNCATED)
            ? { probabilities: objectOf(Object.fromEntries(labels.map((label) => [label, { type: "number" }]))) }
            : {}),
        }),
        example: { text: "what a good film" },
      };
    case "tabular-classification":
      return {
        request: namedFeatures(metadata, input),
        response: objectOf({
          species_index: { type: "integer", minimum: 0, maximum: labels.length - 1 },
          species_name: { type: "string", enum: labels },
        }),
        example: featureExample(metadata),
      };
    case "regression":
      return {
        request: regressionRequest(metadata, input, width),
        response: objectOf({ prediction: outputElementSchema(output.datatype) }),
        example: isNamed(metadata, width)
          ? featureExample(metadata)
          : isShort
            ? { features: new Array(width).fill(1) }
            : undefined,
      };
    case "instances": {
      const row = rowOrElementSchema(input, tensorElementSchema(input.datatype));
      return {
        request: objectOf({ instances: listOf(row, 1, maxRows) }),
        response: objectOf({ predictions: listOf({}, 1), ...identity }),
        example: isShort ? { instances: [exampleOf(input.shape.slice(1))] } : undefined,
      };
    }
    default:
      return undefined;
  }
}

/** The features as a list; for a model with categories also by name. */
function regressionRequest(metadata: ModelMetadata, input: TensorSpec, width: number): Schema {
  const { features = [] } = metadata.signature;
  const columns = Array.from({ length: width }, (_, column) => featureSchema(metadata, input, features[column] ?? ""));
  const listed = objectOf({
    features: {
      ...listOf(anyOf(columns), width, width),
      ...(features.length > 0 ? { description: `In this order: ${features.join(", ")}` } : {}),
    },
  });
  return isNamed(metadata, width) ? { anyOf: [namedFeatures(metadata, input), listed] } : listed;
}

function isNamed({ signature: { categories, features = [] } }: ModelMetadata, width: number): boolean {
  return categories !== undefined && features.length === width;
}

function namedFeatures(metadata: ModelMetadata, input: TensorSpec): Schema {
  const { features = [] } = metadata.signature;
  return objectOf(Object.fromEntries(features.map((name) => [name, featureSchema(metadata, input, name)])));
}

/** A feature by its type: a category, or a number, and null if the model imputes missing values. */
function featureSchema({ signature }: ModelMetadata, { datatype }: TensorSpec, name: string): Schema {
  const { categories } = signature;
  const values = datatype === "BYTES" ? categories?.[name] : undefined;
  if (values !== undefined) {
    const isBoolean = values.some((value) => /^(?:true|false)$/i.test(value));
    const isNumber = values.some((value) => String(Number(value)) === value);
    return {
      type: ["string", "null", ...(isBoolean ? ["boolean"] : []), ...(isNumber ? ["number"] : [])],
      examples: values,
    };
  }
  const number = elementSchema(datatype === "BYTES" ? "FP32" : datatype);
  const canBeMissing = datatype === "BYTES" || categories !== undefined;
  return canBeMissing ? { ...number, type: [number["type"], "null"].flat() } : number;
}

function featureExample({ signature }: ModelMetadata): unknown {
  const { features = [], categories = {} } = signature;
  return Object.fromEntries(features.map((name) => [name, categories[name]?.at(-1) ?? 1]));
}

/** Nested lists of a value, one level per dimension. @param value @default 1 */
export function exampleOf(shape: readonly number[], value: unknown = 1): unknown {
  return shape.reduceRight<unknown>((inner, size) => new Array(size === -1 ? 1 : size).fill(inner), value);
}
