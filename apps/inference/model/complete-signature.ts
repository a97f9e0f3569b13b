import type { InferenceSession } from "onnxruntime-node";
import type { Signature, TensorSpec } from "../../registry/metadata.ts";
import type { NativeSession } from "./native-session.ts";
import { datatypeOf } from "./ort-types.ts";

/**
 * A signature with the graph's own tensors where it lists none: of inputs all, of outputs those that can be served. A
 * dimension that the graph does not fix is -1.
 *
 * @throws Error where an input is no tensor, or of a type that cannot be served.
 */
export function completeSignature(
  signature: Signature,
  { inputMetadata, outputMetadata }: Pick<NativeSession, "inputMetadata" | "outputMetadata">,
): Signature {
  return {
    ...signature,
    inputs: signature.inputs.length > 0 ? signature.inputs : inputMetadata.map(inputOf),
    outputs: signature.outputs.length > 0 ? signature.outputs : outputMetadata.flatMap((value) => specOf(value) ?? []),
  };
}

function inputOf(value: InferenceSession.ValueMetadata): TensorSpec {
  const spec = specOf(value);
  if (spec === undefined) {
    throw new Error(
      `input "${value.name}" is no tensor of a type that can be served: export the graph with tensors instead`,
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
