import type { Datatype, TensorSpec } from "../../registry/metadata.ts";

/** A JSON Schema of the dialect that OpenAPI 3.1 uses. */
export type Schema = Readonly<Record<string, unknown>>;

export const FP16_MAX = 65_504;
export const FP32_MAX = 3.4028234663852886e38;

const NUMBERS: Readonly<Record<Exclude<Datatype, "BYTES" | "BOOL">, Schema>> = {
  UINT8: { type: "integer", minimum: 0, maximum: 255 },
  UINT16: { type: "integer", minimum: 0, maximum: 65_535 },
  UINT32: { type: "integer", minimum: 0, maximum: 4_294_967_295 },
  UINT64: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  INT8: { type: "integer", minimum: -128, maximum: 127 },
  INT16: { type: "integer", minimum: -32_768, maximum: 32_767 },
  INT32: { type: "integer", minimum: -2_147_483_648, maximum: 2_147_483_647 },
  INT64: { type: "integer", minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  FP16: { type: "number", minimum: -FP16_MAX, maximum: FP16_MAX },
  FP32: { type: "number", minimum: -FP32_MAX, maximum: FP32_MAX },
  FP64: { type: "number" },
};

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

/** One element of a tensor in an answer: 64-bit numbers may need more digits than a request may have. */
export function answeredSchema(datatype: Datatype): Schema {
  switch (datatype) {
    case "BYTES":
      return { type: "string" };
    case "BOOL":
      return { type: "boolean" };
    case "INT64":
    case "UINT64":
      return { type: "integer" };
    default:
      return NUMBERS[datatype];
  }
}

/** A row of a tensor: an element, or lists of them, one level a dimension. */
export function rowSchema({ shape }: TensorSpec, element: Schema): Schema {
  return shape
    .slice(1)
    .reverse()
    .reduce<Schema>((items, size) => listOf(items, size === -1 ? 1 : size, size === -1 ? undefined : size), element);
}

export function listOf(items: Schema, minItems: number, maxItems?: number): Schema {
  return { type: "array", items, minItems, ...(maxItems === undefined ? {} : { maxItems }) };
}

/** An object with exactly these as required properties; others may be there and are not looked at. */
export function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", required: Object.keys(properties), properties };
}
