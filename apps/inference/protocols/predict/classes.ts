import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import { rowWidth, type Tensor, type Tensors } from "../../model/tensor.ts";
import type { SchemaFacts } from "../../payload/request-schema.ts";
import { serializeElement } from "../../payload/serialize.ts";

/** The class that a model chose for one row. */
export interface ChosenClass {
  readonly index: number;
  readonly label: string;
  /** Computes the model's score for the class, 0–1; undefined if the graph gives no scores. */
  readonly score: () => number | undefined;
}

/** Reads the class of a row from the outputs of a classifier. */
export type ReadClass = (outputs: Tensors, row: number) => ChosenClass;

/** How the class is read, and which outputs that needs if the score is not needed. */
export interface ClassReader {
  readonly read: ReadClass;
  readonly classOutputs: readonly string[];
}

const SCORES = ["FP32", "FP64"];

/**
 * Finds a classifier's outputs: an integer or string label per row, a score per class and row, or both. The label decides the
 * class if there is one, otherwise the highest score.
 *
 * @param facts.classes The graph's class numbers, in the order of `labels`. @default 0, 1, …
 * @throws Error if the signature has neither output, or no `labels`.
 */
export function classReader(metadata: ModelMetadata, { classes }: SchemaFacts): ClassReader {
  const { labels, outputs } = metadata.signature;
  if (labels === undefined || labels.length === 0) {
    throw new Error("the signature of a classifier must list its labels");
  }
  // A different number of classes belongs to an inner part of the graph, such as a one-vs-rest classifier.
  const numbers = classes?.length === labels.length ? classes : undefined;
  const scoreOutput = outputs.find((spec) => SCORES.includes(spec.datatype) && isScores(spec, labels.length));
  const labelOutput = outputs.find((spec) => !SCORES.includes(spec.datatype) && rowWidth(spec.shape) === 1);
  if (scoreOutput === undefined && labelOutput === undefined) {
    throw new Error(`the signature of a classifier must have a label, or a score for each of ${labels.length} labels`);
  }
  const read: ReadClass = (outputs, row) => {
    const scores = scoreOutput && outputs.get(scoreOutput.name);
    const chosen = labelOutput && outputs.get(labelOutput.name);
    const index = chosen === undefined ? highest(scores, row) : indexOf(chosen, row, labels, numbers);
    const label = labels[index];
    if (label === undefined) {
      throw new Error(`the model chose class ${index} of ${labels.length}`);
    }
    return {
      index,
      label,
      score: () => scores && Number(serializeElement(scores, row * rowWidth(scores.shape) + index)),
    };
  };
  const classOutput = labelOutput ?? scoreOutput;
  return { read, classOutputs: classOutput === undefined ? [] : [classOutput.name] };
}

function isScores(spec: TensorSpec, classes: number): boolean {
  return spec.shape.length === 2 && (spec.shape[1] === classes || spec.shape[1] === -1);
}

/** @param numbers The graph's class numbers in the order of the labels; undefined if they are 0, 1, … */
function indexOf(chosen: Tensor, row: number, labels: readonly string[], numbers?: readonly number[]): number {
  const value = chosen.data[row];
  if (typeof value === "string") {
    return labels.indexOf(value);
  }
  return numbers === undefined ? Number(value) : numbers.indexOf(Number(value));
}

function highest(scores: Tensor | undefined, row: number): number {
  const classes = rowWidth(scores?.shape ?? []);
  const first = row * classes;
  let best = 0;
  for (let index = 1; index < classes; index++) {
    if (Number(scores?.data[first + index]) > Number(scores?.data[first + best])) {
      best = index;
    }
  }
  return best;
}
