import type { InferenceSession } from "onnxruntime-node";
import type { Signature, TensorSpec } from "../../registry/metadata.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { NativeSession } from "./native-session.ts";
import { datatypeOf } from "./ort-types.ts";

/**
 * Fills in the tensors that a signature does not list from the graph: all inputs, and the outputs that can be served. A
 * dimension that the graph does not fix becomes -1.
 *
 * @throws Error if an input is not a tensor, has an unsupported type or no shape, or if no output can be served.
 */
export function completeSignature(
  signature: Signature,
  { inputMetadata, outputMetadata }: Pick<NativeSession, "inputMetadata" | "outputMetadata">,
  { shapeless }: Pick<GraphFacts, "shapeless">,
): Signature {
  const inputs =
    signature.inputs.length > 0 ? signature.inputs : inputMetadata.map((value) => inputOf(value, shapeless));
  const outputs =
    signature.outputs.length > 0 ? signature.outputs : outputMetadata.flatMap((value) => specOf(value) ?? []);
  if (outputs.length === 0) {
    const kinds = outputMetadata.map(({ name }) => `"${name}"`).join(", ");
    throw new Error(
      `none of the outputs (${kinds}) is a tensor of a type that can be served: ${INSTEAD}; zipmap=False for skl2onnx`,
    );
  }
  return { ...signature, inputs, outputs };
}

const INSTEAD =
  "export the graph with tensors of numbers or strings instead (cast bfloat16 and smaller floats to float)";

function inputOf(value: InferenceSession.ValueMetadata, shapeless: ReadonlySet<string>): TensorSpec {
  const spec = specOf(value);
  if (spec === undefined) {
    throw new Error(`input "${value.name}" is not a tensor of a type that can be served: ${INSTEAD}`);
  }
  if (shapeless.has(value.name)) {
    throw new Error(
      `the graph does not say how many dimensions input "${value.name}" has: list the inputs in the signature, with their shapes`,
    );
  }
  return spec;
}

function specOf(value: InferenceSession.ValueMetadata): TensorSpec | undefined {
  const datatype = value.isTensor ? datatypeOf(value.type) : undefined;
  if (!value.isTensor || datatype === undefined) {
    return undefined;
  }
  const shape = value.shape.map((size) => (typeof size === "number" && size > 0 ? size : -1));
  return { name: value.name, datatype, shape };
}
