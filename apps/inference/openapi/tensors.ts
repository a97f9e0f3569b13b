import type { ModelMetadata, TensorSpec } from "../../registry/metadata.ts";
import { exampleOf, MAX_EXAMPLE_ELEMENTS } from "./forms.ts";
import { answeredSchema, elementSchema, listOf, objectOf, rowSchema, type Schema } from "./schema.ts";

/** What a protocol takes and answers. */
export interface ProtocolSchemas {
  readonly request: Schema;
  readonly answer: Schema;
  /** A request that the model can answer; undefined where it would be too long to read. */
  readonly example: unknown;
}

/** `POST /v2/models/{model}/infer` with JSON tensors. */
export function inferSchemas({ name, version, signature }: ModelMetadata): ProtocolSchemas {
  const { inputs, outputs } = signature;
  const requested = {
    type: "object",
    required: ["name"],
    properties: {
      name: { enum: outputs.map((output) => output.name) },
      parameters: flagOf("binary_data", "Whether this output is given raw"),
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
          items: { anyOf: inputs.map(given) },
        },
        outputs: { type: "array", items: requested, maxItems: outputs.length },
        parameters: flagOf("binary_data_output", "Whether outputs that do not say otherwise are given raw"),
      },
    },
    answer: {
      ...objectOf({
        model_name: { const: name },
        model_version: { const: version },
        outputs: { type: "array", items: { anyOf: outputs.map(answered) } },
      }),
    },
    example: isShort(inputs) ? { inputs: inputs.map(tensorExample) } : undefined,
  };
}

/** `POST /v1/models/{model}:predict`. */
export function instancesSchemas({ signature }: ModelMetadata, maxRows: number): ProtocolSchemas {
  const { inputs } = signature;
  const rows = inputs.map((input) => [input.name, rowSchema(input, elementSchema(input.datatype))] as const);
  const [first] = inputs;
  const [row] = rows;
  const named = objectOf(Object.fromEntries(rows));
  const single = inputs.length === 1 && first !== undefined && row !== undefined;
  const rowOf = ({ shape, datatype }: TensorSpec) => exampleOf(shape.slice(1), sample(datatype));
  const instance = () =>
    single ? rowOf(first) : Object.fromEntries(inputs.map((input) => [input.name, rowOf(input)]));
  return {
    request: objectOf({ instances: listOf(single ? row[1] : named, 1, maxRows) }),
    answer: objectOf({ predictions: listOf({}, 1) }),
    example: isShort(inputs) ? { instances: [instance()] } : undefined,
  };
}

/** `GET /v2/models/{model}`. */
export function metadataSchema({ name }: ModelMetadata): Schema {
  const tensors = listOf(
    objectOf({ name: { type: "string" }, datatype: { type: "string" }, shape: { type: "array" } }),
    1,
  );
  return objectOf({
    name: { const: name },
    versions: listOf({ type: "string" }, 1),
    platform: { type: "string" },
    inputs: tensors,
    outputs: tensors,
    properties: {
      type: "object",
      additionalProperties: { type: "string" },
      description: "Where the version comes from: commit, date of training, SHA-256 of model and data, …",
    },
  });
}

/** With its elements, or raw after the JSON, of as many bytes as `binary_data_size` says. */
function given(spec: TensorSpec): Schema {
  const data = { type: "array", description: "Flat in row-major order, or nested one list a dimension" };
  const size = { type: "integer", minimum: 0, description: "Bytes of this tensor among those that follow the JSON" };
  return {
    ...objectOf(fieldsOf(spec)),
    anyOf: [objectOf({ data }), objectOf({ parameters: objectOf({ binary_data_size: size }) })],
  };
}

function answered(spec: TensorSpec): Schema {
  return objectOf({ ...fieldsOf(spec), data: { type: "array", items: answeredSchema(spec.datatype) } });
}

function fieldsOf({ name, datatype, shape }: TensorSpec): Readonly<Record<string, Schema>> {
  return { name: { const: name }, datatype: { const: datatype }, shape: shapeOf(shape) };
}

function flagOf(name: string, description: string): Schema {
  return { type: "object", properties: { [name]: { type: "boolean", description } } };
}

/** Not by `prefixItems`: tools that know older drafts as well (Schemathesis 4) take it for a list under `items`. */
function shapeOf(shape: readonly number[]): Schema {
  return {
    type: "array",
    minItems: shape.length,
    maxItems: shape.length,
    ...(shape.length === 0 ? {} : { items: { anyOf: [...new Set(shape)].map(sizeOf) } }),
  };
}

function sizeOf(size: number): Schema {
  return size === -1 ? { type: "integer", minimum: 1 } : { const: size };
}

/** The sizes of one row, or of the shortest tensor there may be. */
function sizesOf({ shape }: TensorSpec): number[] {
  return shape.map((size) => (size === -1 ? 1 : size));
}

function elementsOf(spec: TensorSpec): number {
  return sizesOf(spec).reduce((product, size) => product * size, 1);
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
