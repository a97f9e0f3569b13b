import type { InferenceSession, OnnxValue, Tensor } from "onnxruntime-node";
import { type Binding, binding, initOrt } from "onnxruntime-node/dist/binding.js";

/** Values by the name of the graph's input or output. */
export type NamedValues = Readonly<Record<string, OnnxValue>>;

/** An opened graph that runs synchronously, on the calling thread. */
export interface NativeSession {
  readonly inputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[];
  /** Runs the graph and computes the outputs that are the keys of `fetches`; the values of `fetches` are null. */
  run(feeds: NamedValues, fetches: Readonly<Record<string, null>>): NamedValues;
  release(): void;
}

/** Element types by ONNX's number (`TensorProto.DataType`), which begins at 1. */
export const ELEMENT_TYPES: readonly string[] = [
  ...["float32", "uint8", "int8", "uint16", "int16", "int32", "int64"],
  ...["string", "bool", "float16", "float64", "uint32", "uint64"],
  // The binding does not support these.
  ...["complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"],
  ...["uint4", "int4", "float4e2m1"],
];

/**
 * Opens a graph through ONNX Runtime's native binding. Its public session class also computes on the calling thread, but adds
 * a turn of the event loop to each run, which matters for small graphs.
 *
 * @throws Error if the bytes are not a graph that this runtime can run.
 */
export function openSession(graph: Uint8Array, options: InferenceSession.SessionOptions): NativeSession {
  initOrt();
  const session = new binding.InferenceSession();
  session.loadModel(graph.buffer as ArrayBuffer, graph.byteOffset, graph.byteLength, options);
  return {
    inputNames: session.inputMetadata.map(({ name }) => name),
    inputMetadata: session.inputMetadata.map(describe),
    outputMetadata: session.outputMetadata.map(describe),
    // Called without run options: given any, even empty ones, the binding parses them in each run.
    run: session.run.bind(session) as NativeSession["run"],
    release: () => session.dispose(),
  };
}

function describe(value: Binding.ValueMetadata): InferenceSession.ValueMetadata {
  const { name, isTensor, type: number, symbolicDimensions } = value;
  if (!isTensor) {
    return { name, isTensor };
  }
  const type = (ELEMENT_TYPES[number - 1] ?? `ONNX type ${number}`) as Tensor.Type;
  const shape = value.shape.map((size, index) => (size === -1 ? (symbolicDimensions[index] ?? "") : size));
  return { name, isTensor, type, shape };
}
