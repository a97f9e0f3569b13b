import type { Tensor as OrtTensor } from "onnxruntime-node";
import type { Datatype } from "../../registry/metadata.ts";

/** ONNX Runtime's names for the data types. */
export const ORT_TYPES = {
  BOOL: "bool",
  UINT8: "uint8",
  UINT16: "uint16",
  UINT32: "uint32",
  UINT64: "uint64",
  INT8: "int8",
  INT16: "int16",
  INT32: "int32",
  INT64: "int64",
  FP16: "float16",
  FP32: "float32",
  FP64: "float64",
  BYTES: "string",
} as const satisfies Record<Datatype, string>;

/** The data type for one of ONNX Runtime's; undefined if it cannot be served. */
export function datatypeOf(type: OrtTensor.Type): Datatype | undefined {
  return (Object.keys(ORT_TYPES) as Datatype[]).find((datatype) => ORT_TYPES[datatype] === type);
}
