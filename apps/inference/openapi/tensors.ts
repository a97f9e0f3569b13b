import type { ModelMetadata, Signature, TensorSpec } from "../../registry/metadata.ts";
import { batchingOf } from "../model/batch-dimension.ts";
import { elementCount } from "../model/tensor.ts";
import { MAX_TEXT_LENGTH } from "../payload/text-limit.ts";
import { exampleOf, MAX_EXAMPLE_ELEMENTS } from "./request-schemas.ts";
import {
  anyOf,
  elementSchema,
  listOf,
  objectOf,
  outputElementSchema,
  rowSchema,
  type Schema,
  tensorElementSchema,
} from "./schema.ts";

/** Schemas of a protocol's requests and responses. */
export interface ProtocolSchemas {
  readonly request: Schema;
  readonly response: Schema;
  /** A valid request; undefined if it would be too long to read. */
  readonly example: unknown;
}

/** `POST /v2/models/{model}/infer` with JSON tensors. */
export function inferSchemas({ name, version, signature }: ModelMetadata): ProtocolSchemas {
  const { inputs, outputs } = signature;
  const { batched } = batchingOf(signature);
  const requested = {
    type: "object",
    required: ["name"],
    properties: {
      name: { enum: outputs.map((output) => output.name) },
      parameters: {
        type: "object",
        properties: {
          binary_data: { type: "boolean", description: "Whether this output is binary" },
          classification: {
            type: "integer",
            minimum: 1,
            description:
              "Return this many of the highest elements of each row, as texts value:index or value:index:label",
          },
        },
      },
    },
  };
  return {
    request: {
      type: "object",
      required: ["inputs"],
      properties: {
        id: { type: "string" },
        inputs: {
          type: "array",
          minItems: inputs.length,
          maxItems: inputs.length,
          ...(inputs.length === 0 ? {} : { items: { anyOf: inputs.map((input) => inputSchema(input, batched)) } }),
        },
        outputs: { type: "array", items: requested, maxItems: outputs.length },
        parameters: flagOf("binary_data_output", "Whether outputs are binary by default"),
      },
    },
    response: {
      ...objectOf({
        model_name: { const: name },
        model_version: { const: version },
        outputs: { type: "array", items: { anyOf: outputs.map((output) => outputSchema(output, batched)) } },
      }),
    },
    example: isShort(inputs) ? { inputs: inputs.map(tensorExample) } : undefined,
  };
}

/** `POST /v1/models/{model}:predict`, by row if the model has a batch dimension, and by column. */
export function v1Schemas({ signature }: ModelMetadata, maxRows: number): ProtocolSchemas {
  const { inputs } = signature;
  const { batched } = batchingOf(signature);
  const [first] = inputs;
  const single = inputs.length === 1 && first !== undefined;
  // All instances of a request have the same form as the first.
  const variants = instanceSchemas(signature).map((schema) => listOf(schema, 1, maxRows));
  const byColumn = objectOf({ inputs: anyOf(columnSchemas(signature, batched, maxRows)) });
  const columns = {
    inputs: Object.fromEntries(inputs.map((input) => [input.name, exampleOf(sizesOf(input), sample(input.datatype))])),
  };
  const example = batched ? { instances: [single ? rowExample(first) : namedRowExample(inputs)] } : columns;
  return {
    // A request has instances or inputs, not both.
    request: batched ? { oneOf: [objectOf({ instances: anyOf(variants) }), byColumn] } : byColumn,
    response: batched
      ? { oneOf: [objectOf({ predictions: listOf({}, 1) }), objectOf({ outputs: {} })] }
      : objectOf({ outputs: {} }),
    example: isShort(inputs) ? example : undefined,
  };
}

/** `POST /predict` with a row of each input, by its name; undefined if the model has no batch dimension. */
export function namedRowSchemas({ signature }: ModelMetadata): ProtocolSchemas | undefined {
  const { inputs, outputs } = signature;
  if (!batchingOf(signature).batched || inputs.length === 0) {
    return undefined;
  }
  return {
    request: namedRowSchema(signature),
    response: objectOf(Object.fromEntries(outputs.map(({ name }) => [name, {}]))),
    example: isShort(inputs) ? namedRowExample(inputs) : undefined,
  };
}

function namedRowExample(inputs: readonly TensorSpec[]): unknown {
  return Object.fromEntries(inputs.map((input) => [input.name, rowExample(input)]));
}

function rowExample({ shape, datatype }: TensorSpec): unknown {
  return exampleOf(shape.slice(1), sample(datatype));
}

/** An object with a tensor per input; for a single input also its tensor. */
function columnSchemas(signature: Signature, batched: boolean, maxRows: number): Schema[] {
  const columns = signature.inputs.map((input) => {
    const element = instanceElement(input, signature);
    const whole = batched ? listOf(anyOf(rowSchemas(input, element)), 1, maxRows) : wholeSchema(input, element);
    return { name: input.name, whole };
  });
  const [only] = columns;
  const named = objectOf(Object.fromEntries(columns.map(({ name, whole }) => [name, whole])));
  return columns.length === 1 && only !== undefined ? [only.whole, named] : [named];
}

/** A tensor without a batch dimension, as nested lists. */
function wholeSchema({ shape, ...rest }: TensorSpec, element: Schema): Schema {
  return rowSchema({ ...rest, shape: [1, ...shape] }, element);
}

/** A row; for a row of one element also that element. */
function rowSchemas(input: TensorSpec, element: Schema): Schema[] {
  const row = rowSchema(input, element);
  return input.shape.length === 2 && input.shape[1] === 1 ? [row, element] : [row];
}

function instanceElement({ datatype }: TensorSpec, { kind }: Signature): Schema {
  const text = elementSchema("BYTES");
  const isLimited = kind === "text-classification";
  return tensorElementSchema(datatype, isLimited ? { ...text, maxLength: MAX_TEXT_LENGTH } : text);
}

/** An object with a value per input; for a single input also its row, or the row's only element. */
function instanceSchemas(signature: Signature): Schema[] {
  const [only, ...others] = signature.inputs;
  const rows = only === undefined || others.length > 0 ? [] : rowSchemas(only, instanceElement(only, signature));
  return [...rows, namedRowSchema(signature)];
}

function namedRowSchema(signature: Signature): Schema {
  const rows = signature.inputs.map((input) => {
    const schemas = rowSchemas(input, instanceElement(input, signature));
    return [input.name, anyOf(schemas)] as const;
  });
  return objectOf(Object.fromEntries(rows));
}

/** `GET /v2/models/{model}`. */
export function metadataSchema({ name, signature }: ModelMetadata): Schema {
  const tensor = objectOf({ name: { type: "string" }, datatype: { type: "string" }, shape: { type: "array" } });
  const labels = { type: "array", description: "Names of the columns: the classes" };
  const output = { ...tensor, properties: { ...Object(tensor["properties"]), labels } };
  return objectOf({
    name: { const: name },
    versions: listOf({ type: "string" }, 1),
    platform: { type: "string" },
    inputs: listOf(tensor, signature.inputs.length),
    outputs: listOf(output, 1),
    properties: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Lineage of the version: commit, date of training, SHA-256 of model and data, …",
    },
  });
}

/** `GET /v2/models/{model}/config`. */
export function configSchema({ name, signature }: ModelMetadata): Schema {
  const tensor = objectOf({ name: { type: "string" }, data_type: { type: "string" }, dims: { type: "array" } });
  return objectOf({
    name: { const: name },
    platform: { type: "string" },
    backend: { type: "string" },
    max_batch_size: { type: "integer", minimum: 0 },
    input: listOf(tensor, signature.inputs.length),
    output: listOf(tensor, 1),
  });
}

/** `GET /v2/models/{model}/stats`, and of all models. */
export const STATISTICS: Schema = objectOf({
  model_stats: {
    type: "array",
    items: objectOf({
      name: { type: "string" },
      version: { type: "string" },
      last_inference: { type: "integer" },
      inference_count: { type: "integer" },
      execution_count: { type: "integer" },
      inference_stats: {
        type: "object",
        additionalProperties: objectOf({ count: { type: "integer" }, ns: { type: "integer" } }),
      },
      batch_stats: { type: "array" },
    }),
  },
});

/** An input with its elements, or with the size of its binary data after the JSON. */
function inputSchema(spec: TensorSpec, batched: boolean): Schema {
  const data = { type: "array", description: "Flat in row-major order, or nested one list per dimension" };
  const size = { type: "integer", minimum: 0, description: "Length of this tensor's binary data after the JSON" };
  return {
    ...objectOf(fieldsOf(spec, batched)),
    anyOf: [objectOf({ data }), objectOf({ parameters: objectOf({ binary_data_size: size }) })],
  };
}

/** An output, or its classes. */
function outputSchema(spec: TensorSpec, batched: boolean): Schema {
  const data = { type: "array", items: outputElementSchema(spec.datatype) };
  const sizes = { type: "array", items: { type: "integer", minimum: 0 } };
  const texts = { type: "array", items: { type: "string" } };
  const classes = { name: { const: spec.name }, datatype: { const: "BYTES" }, shape: sizes, data: texts };
  return anyOf([objectOf({ ...fieldsOf(spec, batched), data }), objectOf(classes)]);
}

function fieldsOf({ name, datatype, shape }: TensorSpec, batched: boolean): Readonly<Record<string, Schema>> {
  return { name: { const: name }, datatype: { const: datatype }, shape: shapeOf(shape, batched) };
}

function flagOf(name: string, description: string): Schema {
  return { type: "object", properties: { [name]: { type: "boolean", description } } };
}

/**
 * Without `prefixItems`, which tools that also support older drafts (Schemathesis 4) misread as `items`. Requires at least one
 * row only if no other size is open, because those may be 0.
 */
function shapeOf(shape: readonly number[], batched: boolean): Schema {
  const least = batched && shape.lastIndexOf(-1) === 0 ? 1 : 0;
  return {
    type: "array",
    minItems: shape.length,
    maxItems: shape.length,
    ...(shape.length === 0 ? {} : { items: { anyOf: [...new Set(shape)].map((size) => sizeOf(size, least)) } }),
  };
}

function sizeOf(size: number, least: number): Schema {
  return size === -1 ? { type: "integer", minimum: least } : { const: size };
}

/** The shape with 1 for each open size. */
function sizesOf({ shape }: TensorSpec): number[] {
  return shape.map((size) => (size === -1 ? 1 : size));
}

function elementsOf(spec: TensorSpec): number {
  return elementCount(sizesOf(spec));
}

function isShort(inputs: readonly TensorSpec[]): boolean {
  return inputs.reduce((sum, input) => sum + elementsOf(input), 0) <= MAX_EXAMPLE_ELEMENTS;
}

function tensorExample(input: TensorSpec) {
  const { name, datatype } = input;
  return { name, datatype, shape: sizesOf(input), data: new Array(elementsOf(input)).fill(sample(datatype)) };
}

function sample(datatype: TensorSpec["datatype"]): unknown {
  return datatype === "BYTES" ? "a text" : datatype === "BOOL" ? true : 1;
}
