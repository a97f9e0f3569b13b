import type { ModelMetadata, TensorSpec } from "../../../registry/metadata.ts";
import type { GraphFacts } from "../../model/graph-facts.ts";
import { rowWidth, type Tensor, type Tensors } from "../../model/tensor.ts";
import { wordElement } from "../../payload/numbers.ts";

/** The class a model chose for one row. */
export interface Choice {
  readonly index: number;
  readonly label: string;
  /** The model's score for the class, 0–1; undefined where the graph gives no scores. Wording a number takes a microsecond. */
  readonly score: () => number | undefined;
}

/** Reads the class of a row from the outputs of a classifier. */
export type ReadChoice = (outputs: Tensors, row: number) => Choice;

/** How the class is read, and which outputs it takes where nobody asks for the score. */
export interface ChoiceReader {
  readonly read: ReadChoice;
  readonly choosing: readonly string[];
}

const SCORES = ["FP32", "FP64"];

/**
 * Finds a classifier's outputs: an integer or string label per row, a score per class and row, or both. Where the graph
 * names a label, that is the class; otherwise it is the one with the highest score.
 *
 * @param facts.classes What the graph calls its classes where those are numbers; `labels` are in the same order.
 *   @default 0, 1, …
 * @throws Error where the signature has neither, or no `labels`.
 */
export function choiceReader(metadata: ModelMetadata, { classes }: Pick<GraphFacts, "classes">): ChoiceReader {
  const { labels, outputs } = metadata.signature;
  if (labels === undefined || labels.length === 0) {
    throw new Error("the signature of a classifier must list its labels");
  }
  // Of another number they are an inner part's, such as the two of each classifier of one against the rest.
  const numbers = classes?.length === labels.length ? classes : undefined;
  const scoreOutput = outputs.find((spec) => SCORES.includes(spec.datatype) && isScores(spec, labels.length));
  const labelOutput = outputs.find((spec) => !SCORES.includes(spec.datatype) && rowWidth(spec.shape) === 1);
  if (scoreOutput === undefined && labelOutput === undefined) {
    throw new Error(`the signature of a classifier must have a label, or a score for each of ${labels.length} labels`);
  }
  const read: ReadChoice = (outputs, row) => {
    const scores = scoreOutput && outputs.get(scoreOutput.name);
    const chosen = labelOutput && outputs.get(labelOutput.name);
    const index = chosen === undefined ? highest(scores, row) : indexOf(chosen, row, labels, numbers);
    const label = labels[index];
    if (label === undefined) {
      throw new Error(`the model chose class ${index} of ${labels.length}`);
    }
    return { index, label, score: () => scores && Number(wordElement(scores, row * rowWidth(scores.shape) + index)) };
  };
  const choosing = labelOutput ?? scoreOutput;
  return { read, choosing: choosing === undefined ? [] : [choosing.name] };
}

function isScores(spec: TensorSpec, classes: number): boolean {
  return spec.shape.length === 2 && (spec.shape[1] === classes || spec.shape[1] === -1);
}

/** @param numbers What the graph calls the classes of the labels; undefined where the numbers are their places. */
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
