import type * as ort from "onnxruntime-node";
import { type ModelMetadata, type TensorSpec, UserError } from "../../registry/index.ts";

/** Prediction for a row: label or number, and for a classifier the probability of the label, 0–1. */
export interface Prediction {
  readonly prediction: string | number;
  readonly confidence?: number;
}

/** Which outputs are needed, and how a row's prediction is read from them. */
export interface PredictionReader {
  readonly outputs: readonly string[];
  read(outputs: ort.InferenceSession.OnnxValueMapType, row: number): Prediction;
}

/**
 * How the predictions of a model are read. A classifier of the trainer has the index of a label; one from elsewhere the label
 * itself, as text or as a number, or nothing but the scores of all labels.
 *
 * @param isTensor Whether an output is a tensor in the graph: the signature lists scikit-learn's maps as tensors too.
 * @throws UserError if there is neither a label nor a number for each row
 */
export function predictionReader(
  { name, version, signature }: ModelMetadata,
  isTensor: (output: string) => boolean,
): PredictionReader {
  const { labels } = signature;
  const outputs = signature.outputs.filter((output) => isTensor(output.name));
  const first = outputs.find((spec) => isNumeric(spec) && width(spec) === 1);
  const scores = labels && outputs.find((spec) => isFloat(spec) && width(spec) === labels.length);
  const label = outputs.find((spec) => spec.datatype === "BYTES" && width(spec) === 1);
  if (label !== undefined) return textLabel(label, scores, labels);
  if (labels !== undefined) {
    const index = outputs.find((spec) => spec.datatype === "INT64" && width(spec) === 1);
    if (index !== undefined) return numberedLabel(index, scores, labels, signature.kind === "tensors");
    if (scores !== undefined) return highestScore(scores, labels);
  }
  if (first === undefined)
    throw new UserError(
      `${name} version ${version} has no output with one number or label for each row (${outputs.map((spec) => `${spec.name} [${spec.shape}]`).join(", ")}): batch-predict cannot score it; request it from the server (npm run serve)`,
    );
  return { outputs: [first.name], read: (found, row) => ({ prediction: Number(element(found, first, row)) }) };
}

function textLabel(label: TensorSpec, scores?: TensorSpec, labels: readonly string[] = []): PredictionReader {
  return {
    outputs: namesOf(label, scores),
    read(found, row) {
      const prediction = String(element(found, label, row));
      return { prediction, ...confidence(found, scores, labels, row, labels.indexOf(prediction)) };
    },
  };
}

/** @param areNumbers Whether the labels are class numbers of the graph, if they are numbers. */
function numberedLabel(
  label: TensorSpec,
  scores: TensorSpec | undefined,
  labels: readonly string[],
  areNumbers: boolean,
): PredictionReader {
  return {
    outputs: namesOf(label, scores),
    read(found, row) {
      const value = String(element(found, label, row));
      const index = areNumbers && labels.includes(value) ? labels.indexOf(value) : Number(value);
      return { prediction: labels[index] ?? value, ...confidence(found, scores, labels, row, index) };
    },
  };
}

function highestScore(scores: TensorSpec, labels: readonly string[]): PredictionReader {
  return {
    outputs: [scores.name],
    read(found, row) {
      const own = labels.map((_, index) => Number(element(found, scores, row * labels.length + index)));
      const index = own.indexOf(Math.max(...own));
      return { prediction: labels[index] ?? Number.NaN, confidence: own[index] ?? Number.NaN };
    },
  };
}

function confidence(
  found: ort.InferenceSession.OnnxValueMapType,
  scores: TensorSpec | undefined,
  labels: readonly string[],
  row: number,
  index: number,
): Pick<Prediction, "confidence"> {
  if (scores === undefined || index < 0) return {};
  return { confidence: Number(element(found, scores, row * labels.length + index)) };
}

function element(found: ort.InferenceSession.OnnxValueMapType, { name }: TensorSpec, at: number): unknown {
  const tensor = found[name];
  return tensor !== undefined && "data" in tensor ? tensor.data[at] : Number.NaN;
}

function namesOf(...specs: readonly (TensorSpec | undefined)[]): string[] {
  return specs.flatMap((spec) => (spec === undefined ? [] : [spec.name]));
}

function isFloat({ datatype }: TensorSpec): boolean {
  return datatype === "FP32" || datatype === "FP64";
}

function isNumeric({ datatype }: TensorSpec): boolean {
  return datatype !== "BYTES" && datatype !== "BOOL" && datatype !== "FP16";
}

/** Elements of a row; negative if that is open. */
function width({ shape }: TensorSpec): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}
