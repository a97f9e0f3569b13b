import type { LinearModel } from "../learn/linear/logistic.ts";
import type { Vocabulary } from "../learn/text/vocabulary.ts";
import type { Attribute, GraphNode, Initializer } from "./model.ts";

/** Nodes and the constants that they use. */
export interface Subgraph {
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
}

/** In place of the length 0 of a row without known n-grams, whose scores are 0. */
const LEAST_LENGTH = 1e-30;

/**
 * From `tokens` [rows, width] to the scores of a linear model [rows, classes] without its intercepts. Its features are TF-IDF of
 * Euclidean length 1. `TfIdfVectorizer` would write a row as wide as the vocabulary; here a row has a column for each n-gram
 * that occurs in the longest text.
 *
 * The features are numbered: tokens, then one for all that is not in the vocabulary and weighs nothing, then pairs.
 *
 * @param output name of the scores
 */
export function sparseTextScores(vocabulary: Vocabulary, model: LinearModel, output: string): Subgraph {
  const { classes } = model;
  const { weights: idf, unigrams } = vocabulary;
  const features = idf.length + 1;
  const numberOf = (column: number) => (column < unigrams.length ? column : column + 1);
  const idfTable = new Float32Array(features);
  const weights = new Float32Array(features * classes);
  idf.forEach((value, column) => {
    const number = numberOf(column);
    idfTable[number] = value;
    for (let c = 0; c < classes; c++) {
      weights[number * classes + c] = value * (model.weights[c * idf.length + column] ?? 0);
    }
  });
  return {
    nodes: [
      ...featureNodes(vocabulary),
      { op: "Gather", inputs: ["weights", "features"], outputs: ["weight_of_each"] },
      sumOfColumns("weight_of_each", "sums", 0),
      ...LENGTH_NODES,
      { op: "Div", inputs: ["sums", "length"], outputs: [output] },
    ],
    initializers: [
      ...indexes(vocabulary),
      { name: "weights", dims: [features, classes], values: weights },
      { name: "idf", dims: [features], values: idfTable },
      { name: "zero", dims: [], values: [0] },
      { name: "least_length", dims: [], values: [LEAST_LENGTH] },
    ],
  };
}

const int = (value: number): Attribute => ({ type: "int", value });

function sumOfColumns(input: string, output: string, keepdims: 0 | 1): GraphNode {
  return { op: "ReduceSum", inputs: [input, "columns"], outputs: [output], attributes: { keepdims: int(keepdims) } };
}

/** The columns from `from` up to, but not including, `to`. */
function slice(input: string, from: string, to: string, output: string): GraphNode {
  return { op: "Slice", inputs: [input, from, to, "columns"], outputs: [output] };
}

function labelEncoder(input: string, output: string, attributes: GraphNode["attributes"]): GraphNode {
  return { op: "LabelEncoder", domain: "ai.onnx.ml", inputs: [input], outputs: [output], attributes };
}

/**
 * The Euclidean length of each row [rows, 1]. Sorting makes neighbors of the occurrences of an n-gram, which get the same place;
 * there their weights are added before they are squared. −1 is sorted behind all numbers, so that each has a neighbor.
 */
const LENGTH_NODES: readonly GraphNode[] = [
  { op: "Pad", inputs: ["features", "one_column_behind", "minus_one"], outputs: ["padded"] },
  { op: "Shape", inputs: ["padded"], outputs: ["width"], attributes: { start: int(1) } },
  { op: "TopK", inputs: ["padded", "width"], outputs: ["sorted", "order"], attributes: { axis: int(1) } },
  slice("sorted", "0", "-1", "numbers_sorted"),
  slice("sorted", "1", "end", "neighbors"),
  { op: "Sub", inputs: ["numbers_sorted", "neighbors"], outputs: ["differences"] },
  { op: "Sign", inputs: ["differences"], outputs: ["steps"] },
  { op: "CumSum", inputs: ["steps", "column_axis"], outputs: ["places"], attributes: { exclusive: int(1) } },
  { op: "Gather", inputs: ["idf", "numbers_sorted"], outputs: ["idf_of_each"] },
  { op: "Mul", inputs: ["idf_of_each", "zero"], outputs: ["zeros"] },
  {
    op: "ScatterElements",
    inputs: ["zeros", "places", "idf_of_each"],
    outputs: ["tf_idf"],
    attributes: { axis: int(1), reduction: { type: "string", value: "add" } },
  },
  { op: "Mul", inputs: ["tf_idf", "tf_idf"], outputs: ["squares"] },
  sumOfColumns("squares", "sum_of_squares", 1),
  { op: "Sqrt", inputs: ["sum_of_squares"], outputs: ["root"] },
  { op: "Max", inputs: ["root", "least_length"], outputs: ["length"] },
];

/** From `tokens` to `features` [rows, width]: the number of each token, and of each pair. */
function featureNodes({ unigrams, firsts, seconds, skips }: Vocabulary): GraphNode[] {
  const unknown = unigrams.length;
  const stride = unknown + 1;
  const hasPairs = firsts.length > 0;
  const tokens = labelEncoder("tokens", hasPairs ? "numbers" : "features", {
    keys_strings: { type: "strings", value: unigrams },
    values_int64s: { type: "ints", value: [...unigrams.keys()] },
    default_int64: int(unknown),
  });
  if (!hasPairs) return [tokens];
  const distances = distancesOf(skips);
  const keys = Array.from(firsts, (first, pair) => first * stride + (seconds[pair] ?? 0));
  return [
    tokens,
    { op: "Mul", inputs: ["numbers", "stride"], outputs: ["multiples"] },
    ...distances.flatMap((distance): GraphNode[] => [
      slice("multiples", "0", `-${distance}`, `first_${distance}`),
      slice("numbers", `${distance}`, "end", `second_${distance}`),
      { op: "Add", inputs: [`first_${distance}`, `second_${distance}`], outputs: [`keys_${distance}`] },
    ]),
    concat(
      distances.map((distance) => `keys_${distance}`),
      "keys",
    ),
    labelEncoder("keys", "pairs", {
      keys_int64s: { type: "ints", value: keys },
      values_int64s: { type: "ints", value: keys.map((_, pair) => stride + pair) },
      default_int64: int(unknown),
    }),
    concat(["numbers", "pairs"], "features"),
  ];
}

const concat = (inputs: readonly string[], output: string): GraphNode => ({
  ...{ op: "Concat", inputs, outputs: [output], attributes: { axis: int(1) } },
});

/** Distances of the two tokens of a pair, with at most `skips` tokens between. */
function distancesOf(skips: number): number[] {
  return Array.from({ length: skips + 1 }, (_, between) => between + 1);
}

/** Constants of the nodes that pick columns. */
function indexes({ unigrams, firsts, skips }: Vocabulary): Initializer[] {
  const distances = firsts.length > 0 ? distancesOf(skips) : [1];
  const bounds = [0, ...distances, ...distances.map((distance) => -distance)];
  return [
    ...bounds.map((bound): Initializer => ({ name: `${bound}`, type: "int64", dims: [1], values: [bound] })),
    { name: "end", type: "int64", dims: [1], values: [Number.MAX_SAFE_INTEGER] },
    { name: "columns", type: "int64", dims: [1], values: [1] },
    { name: "column_axis", type: "int64", dims: [], values: [1] },
    { name: "one_column_behind", type: "int64", dims: [4], values: [0, 0, 0, 1] },
    { name: "minus_one", type: "int64", dims: [], values: [-1] },
    ...(firsts.length > 0 ? [{ name: "stride", type: "int64", dims: [], values: [unigrams.length + 1] } as const] : []),
  ];
}
