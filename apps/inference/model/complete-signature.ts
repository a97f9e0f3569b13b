import type { InferenceSession } from "onnxruntime-node";
import type { Signature, TensorSpec } from "../../registry/metadata.ts";
import type { MapsToTensors } from "./graph/edit.ts";
import type { GraphFacts } from "./graph/facts.ts";
import type { NativeSession } from "./native-session.ts";
import { datatypeOf } from "./ort-types.ts";

type Facts = Pick<GraphFacts, "shapeless" | "classNames"> & Pick<MapsToTensors, "maps">;

/**
 * Fills in from the graph what a signature does not list: all inputs, the outputs that can be served, and the names of the
 * classes. A dimension that the graph does not fix becomes -1.
 *
 * @throws Error if an input is not a tensor, has an unsupported type or no shape, or if no output can be served.
 */
export function completeSignature(
  signature: Signature,
  { inputMetadata, outputMetadata }: Pick<NativeSession, "inputMetadata" | "outputMetadata">,
  { shapeless, classNames, maps }: Facts,
): Signature {
  const inputs =
    signature.inputs.length > 0 ? signature.inputs : inputMetadata.map((value) => inputOf(value, shapeless));
  const outputs =
    signature.outputs.length > 0
      ? signature.outputs
      : outputMetadata.flatMap((value) => specOf(value) ?? []).map((output) => withOpenBatch(output, inputs));
  if (outputs.length === 0) {
    const kinds = outputMetadata.map(({ name }) => `"${name}"`).join(", ");
    throw new Error(`none of the outputs (${kinds}) is a tensor of a type that can be served: ${INSTEAD}`);
  }
  const labels = signature.labels ?? classNames;
  return {
    ...signature,
    inputs,
    outputs: outputs.map((output) => withLabels(output, maps)),
    ...(labels !== undefined && { labels: [...labels] }),
  };
}

/** One line for each output of the graph that is not served. */
export function omittedOutputs(
  given: Signature,
  { outputs }: Signature,
  { outputMetadata }: Pick<NativeSession, "outputMetadata">,
): string[] {
  return outputMetadata.flatMap(({ name, ...value }) => {
    if (outputs.some((output) => output.name === name)) return [];
    const type = value.isTensor
      ? `a tensor of ${value.type}`
      : "not a tensor but a sequence, a map or an optional value";
    const reason = given.outputs.length > 0 ? "the signature does not list it" : `it is ${type}: ${INSTEAD}`;
    return [`output "${name}" is not served: ${reason}`];
  });
}

const INSTEAD = "export the graph with tensors of numbers or strings instead";

/**
 * Some exporters (onnxmltools for LightGBM) declare one row of a label, whatever the number of rows of the input. That a row of
 * the input gives a row of the output is tested before requests share a run.
 */
function withOpenBatch(output: TensorSpec, inputs: readonly TensorSpec[]): TensorSpec {
  const isOpen = inputs.length > 0 && inputs.every(({ shape }) => shape[0] === -1);
  return isOpen && output.shape[0] === 1 ? { ...output, shape: [-1, ...output.shape.slice(1)] } : output;
}

function withLabels(output: TensorSpec, maps: Facts["maps"]): TensorSpec {
  const map = maps.find(({ name }) => name === output.name);
  return map === undefined || output.labels !== undefined ? output : { ...output, labels: [...map.labels] };
}

function inputOf(value: InferenceSession.ValueMetadata, shapeless: ReadonlySet<string>): TensorSpec {
  const spec = specOf(value);
  if (spec === undefined) {
    const type = value.isTensor ? `a tensor of ${value.type}, which cannot be served` : "not a tensor";
    throw new Error(`input "${value.name}" is ${type}: ${INSTEAD}`);
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
