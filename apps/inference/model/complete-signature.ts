import type { InferenceSession } from "onnxruntime-node";
import type { Signature, TensorSpec } from "../../registry/metadata.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { NativeSession } from "./native-session.ts";
import { datatypeOf } from "./ort-types.ts";

/**
 * A signature with the graph's own tensors where it lists none: of inputs all, of outputs those that can be served. A
 * dimension that the graph does not fix is -1.
 *
 * @throws Error where an input is no tensor, of a type that cannot be served, or without a shape, or no output can be served.
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
  "export the graph with tensors of numbers or strings instead (bfloat16 and smaller floats cast to float)";

function inputOf(value: InferenceSession.ValueMetadata, shapeless: ReadonlySet<string>): TensorSpec {
  const spec = specOf(value);
  if (spec === undefined) {
    throw new Error(`input "${value.name}" is no tensor of a type that can be served: ${INSTEAD}`);
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
