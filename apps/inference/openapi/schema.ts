import type { Datatype, TensorSpec } from "../../registry/metadata.ts";
import { rowWidth } from "../model/tensor.ts";
import { WIDE_RANGES } from "../payload/numbers.ts";
import { serializeBigint } from "../payload/serialize.ts";

/** A JSON Schema in OpenAPI 3.1's dialect. */
export type Schema = Readonly<Record<string, unknown>>;

export const FP16_MAX = 65_504;
export const FP32_MAX = 3.4028234663852886e38;

const NUMBERS: Readonly<Record<Exclude<Datatype, "BYTES" | "BOOL">, Schema>> = {
  UINT8: { type: "integer", minimum: 0, maximum: 255 },
  UINT16: { type: "integer", minimum: 0, maximum: 65_535 },
  UINT32: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
  UINT64: wideSchema("UINT64"),
  INT8: { type: "integer", minimum: -128, maximum: 127 },
  INT16: { type: "integer", minimum: -32_768, maximum: 32_767 },
  INT32: { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 },
  INT64: wideSchema("INT64"),
  FP16: { type: "number", minimum: -FP16_MAX, maximum: FP16_MAX },
  FP32: { type: "number", minimum: -FP32_MAX, maximum: FP32_MAX },
  FP64: { type: "number" },
};

function wideSchema(datatype: "INT64" | "UINT64"): Schema {
  const [minimum, maximum] = WIDE_RANGES[datatype];
  return { type: "integer", minimum: serializeBigint(minimum), maximum: serializeBigint(maximum) };
}

/** One element of a tensor in a request. */
export function elementSchema(datatype: Datatype): Schema {
  switch (datatype) {
    case "BYTES":
      return { type: "string", pattern: "^[^\\u0000]*$" };
    case "BOOL":
      return { type: ["boolean", "integer"], minimum: 0, maximum: 1 };
    default:
      return NUMBERS[datatype];
  }
}

/** The same where null is a missing value, and bytes may be given in base64. */
export function tensorElementSchema(datatype: Datatype, text: Schema = elementSchema("BYTES")): Schema {
  if (datatype === "BYTES") {
    return anyOf([text, objectOf({ b64: { type: "string", contentEncoding: "base64" } })]);
  }
  return datatype.startsWith("FP") ? { ...elementSchema(datatype), type: ["number", "null"] } : elementSchema(datatype);
}

/** One element of a tensor in a response. */
export function outputElementSchema(datatype: Datatype): Schema {
  switch (datatype) {
    case "BYTES":
      return { type: "string" };
    case "BOOL":
      return { type: "boolean" };
    default:
      return NUMBERS[datatype];
  }
}

/** A row of a tensor: an element, or nested lists, one level per dimension. */
export function rowSchema({ shape }: TensorSpec, element: Schema): Schema {
  return shape
    .slice(1)
    .reverse()
    .reduce<Schema>((items, size) => listOf(items, size === -1 ? 0 : size, size === -1 ? undefined : size), element);
}

/** The schema of a row; a row of one element may also be given as that element. */
export function rowOrElementSchema(spec: TensorSpec, element: Schema): Schema {
  const row = rowSchema(spec, element);
  return spec.shape.length > 1 && rowWidth(spec.shape) === 1 ? { anyOf: [element, row] } : row;
}

/** Any of these schemas, without duplicates. */
export function anyOf(schemas: readonly Schema[]): Schema {
  const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  const [first] = different;
  return different.length === 1 && first !== undefined ? first : { anyOf: different };
}

export function listOf(items: Schema, minItems: number, maxItems?: number): Schema {
  return { type: "array", items, minItems, ...(maxItems === undefined ? {} : { maxItems }) };
}

/** An object with these properties, all required; others are allowed and ignored. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", required: Object.keys(properties), properties };
}
