import type * as ort from "onnxruntime-node";
import { internal } from "../errors.ts";

/** Loads ONNX Runtime on first use, so that fitting alone does not need its memory. */
export async function onnxRuntime(): Promise<typeof ort> {
  // ONNX Runtime reads this when it is loaded. With telemetry it would write an identifier to the home directory.
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
  return import("onnxruntime-node");
}

/** A file with weights of a graph. */
export interface Weights {
  /** Its location, as the graph gives it. */
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * Opens a graph, single-threaded: the trainer's Job has half a CPU core.
 *
 * @param weights Those that are in files of their own. @default none
 */
export async function openSession(model: Uint8Array, weights: readonly Weights[] = []): Promise<ort.InferenceSession> {
  const { InferenceSession } = await onnxRuntime();
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    logSeverityLevel: 3,
    ...(weights.length === 0 ? {} : { externalData: [...weights] }),
  });
}

/** Runs `texts` through a graph whose one input is the string tensor `text` [rows]. */
export async function runTexts(
  session: ort.InferenceSession,
  texts: readonly string[],
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const { Tensor } = await onnxRuntime();
  return session.run({ text: new Tensor("string", [...texts], [texts.length]) });
}

/** Runs row-major `features` [rows, columns] through a graph whose one input is the float tensor `features`. */
export async function runFeatures(
  session: ort.InferenceSession,
  features: Float32Array,
  columns: number,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const { Tensor } = await onnxRuntime();
  return session.run({ features: new Tensor("float32", features, [features.length / columns, columns]) });
}

/** The float output of that name, with its dimensions. */
export function floatOutput(outputs: ort.InferenceSession.OnnxValueMapType, name: string) {
  const tensor = outputs[name];
  if (!tensor || !(tensor.data instanceof Float32Array)) internal(`output ${name} is not a float tensor`);
  return { values: tensor.data, dims: tensor.dims };
}

/** The string output [rows, width] of that name, as one list per row. */
export function stringRows(outputs: ort.InferenceSession.OnnxValueMapType, name: string): string[][] {
  const tensor = outputs[name];
  if (tensor?.type !== "string") internal(`output ${name} is not a string tensor`);
  const [rows = 0, width = 0] = tensor.dims;
  const data = Array.from(tensor.data, String);
  return Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width));
}

/** Runs numbers through a graph whose one input is the float tensor `x` [rows]. */
export async function runValues(
  session: ort.InferenceSession,
  x: Float32Array,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const { Tensor } = await onnxRuntime();
  return session.run({ x: new Tensor("float32", x, [x.length]) });
}
