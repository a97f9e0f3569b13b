import type { ModelMetadata, Signature, TensorSpec } from "../../registry/metadata.ts";
import { batchingOf } from "../model/batch-dimension.ts";
import { elementCount } from "../model/tensor.ts";
import { MAX_TEXT_LENGTH } from "../payload/text-limit.ts";
import { exampleOf, MAX_EXAMPLE_ELEMENTS } from "./request-schemas.ts";
import { anyOf, elementSchema, listOf, objectOf, outputElementSchema, rowSchema, type Schema } from "./schema.ts";

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
      parameters: flagOf("binary_data", "Whether this output is binary"),
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

/** `POST /v1/models/{model}:predict`. */
export function instancesSchemas({ signature }: ModelMetadata, maxRows: number): ProtocolSchemas {
  const { inputs } = signature;
  const [first] = inputs;
  const single = inputs.length === 1 && first !== undefined;
  // All instances of a request have the same form as the first.
  const variants = instanceSchemas(signature).map((schema) => listOf(schema, 1, maxRows));
  const rowOf = ({ shape, datatype }: TensorSpec) => exampleOf(shape.slice(1), sample(datatype));
  const instance = () =>
    single ? rowOf(first) : Object.fromEntries(inputs.map((input) => [input.name, rowOf(input)]));
  return {
    request: objectOf({ instances: anyOf(variants) }),
    response: objectOf({ predictions: listOf({}, 1) }),
    example: isShort(inputs) ? { instances: [instance()] } : undefined,
  };
}

/** An object with a value per input; for a single input also its row, or the row's only element. */
function instanceSchemas({ kind, inputs }: Signature): Schema[] {
  const rows = inputs.map((input) => {
    const { datatype, shape } = input;
    const isLimited = kind === "text-classification" && datatype === "BYTES";
    const element = { ...elementSchema(datatype), ...(isLimited ? { maxLength: MAX_TEXT_LENGTH } : {}) };
    const row = rowSchema(input, element);
    return { name: input.name, schemas: shape.length === 2 && shape[1] === 1 ? [row, element] : [row] };
  });
  const named = objectOf(Object.fromEntries(rows.map(({ name, schemas }) => [name, anyOf(schemas)])));
  return [...(rows.length === 1 ? (rows[0]?.schemas ?? []) : []), named];
}

/** `GET /v2/models/{model}`. */
export function metadataSchema({ name, signature }: ModelMetadata): Schema {
  const tensor = objectOf({ name: { type: "string" }, datatype: { type: "string" }, shape: { type: "array" } });
  return objectOf({
    name: { const: name },
    versions: listOf({ type: "string" }, 1),
    platform: { type: "string" },
    inputs: listOf(tensor, signature.inputs.length),
    outputs: listOf(tensor, 1),
    properties: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Lineage of the version: commit, date of training, SHA-256 of model and data, …",
    },
  });
}

/** An input with its elements, or with the size of its binary data after the JSON. */
function inputSchema(spec: TensorSpec, batched: boolean): Schema {
  const data = { type: "array", description: "Flat in row-major order, or nested one list per dimension" };
  const size = { type: "integer", minimum: 0, description: "Length of this tensor's binary data after the JSON" };
  return {
    ...objectOf(fieldsOf(spec, batched)),
    anyOf: [objectOf({ data }), objectOf({ parameters: objectOf({ binary_data_size: size }) })],
  };
}

function outputSchema(spec: TensorSpec, batched: boolean): Schema {
  return objectOf({ ...fieldsOf(spec, batched), data: { type: "array", items: outputElementSchema(spec.datatype) } });
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
