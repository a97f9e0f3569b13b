import { Datatype, type Signature } from "../../../../apps/registry/metadata.ts";

/** Every type that a tensor may have; `types` has an input and an output of each. */
export const DATATYPES = Datatype.options;

/** The models of `fixtures/make.py` and their signatures. */
export const MODELS = {
  "half-plus-two": {
    kind: "instances",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  },
  linear: {
    kind: "regression",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
    features: ["a", "b", "c"],
  },
  iris: {
    kind: "tabular-classification",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probabilities", datatype: "FP32", shape: [-1, 3] },
    ],
    features: ["sepal_length", "sepal_width", "petal_length", "petal_width"],
    labels: ["setosa", "versicolor", "virginica"],
  },
  words: {
    kind: "text-classification",
    inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
    outputs: [{ name: "probabilities", datatype: "FP32", shape: [-1, 2] }],
    labels: ["negative", "positive"],
  },
  types: {
    kind: "tensors",
    inputs: DATATYPES.map((datatype) => ({ name: datatype.toLowerCase(), datatype, shape: [-1, 2] })),
    outputs: DATATYPES.map((datatype) => ({ name: `${datatype.toLowerCase()}_out`, datatype, shape: [-1, 2] })),
  },
  pair: {
    kind: "tensors",
    inputs: [
      { name: "a", datatype: "FP32", shape: [-1, 2] },
      { name: "b", datatype: "FP32", shape: [-1, 2] },
    ],
    outputs: [
      { name: "sum", datatype: "FP32", shape: [-1, 2] },
      { name: "product", datatype: "FP32", shape: [-1, 2] },
    ],
  },
  twice: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  image: {
    kind: "tensors",
    inputs: [{ name: "image", datatype: "FP32", shape: [3, 2, 2] }],
    outputs: [{ name: "means", datatype: "FP32", shape: [3] }],
  },
  maps: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  external: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  photo: {
    kind: "tensors",
    inputs: [{ name: "photo", datatype: "FP32", shape: [-1, 3, 224, 224] }],
    outputs: [{ name: "means", datatype: "FP32", shape: [-1, 3] }],
  },
  lengths: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, -1] }],
    outputs: [{ name: "sum", datatype: "FP32", shape: [-1] }],
  },
  lookup: {
    kind: "tensors",
    inputs: [{ name: "ids", datatype: "INT64", shape: [-1, -1] }],
    outputs: [{ name: "rows", datatype: "FP32", shape: [-1, -1, 2] }],
  },
  "sum-of-rows": {
    kind: "tensors",
    inputs: [
      { name: "a", datatype: "FP32", shape: [-1, -1] },
      { name: "b", datatype: "FP32", shape: [-1, -1] },
    ],
    outputs: [{ name: "sum", datatype: "FP32", shape: [-1, -1] }],
  },
  hundreds: {
    kind: "tensors",
    inputs: [{ name: "id", datatype: "INT64", shape: [-1] }],
    outputs: [{ name: "value", datatype: "FP32", shape: [-1] }],
  },
  quantized: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  },
  shares: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  split: {
    kind: "tensors",
    inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
    outputs: [
      { name: "words", datatype: "BYTES", shape: [-1, -1] },
      { name: "counts", datatype: "INT64", shape: [-1] },
    ],
  },
  "no-sevens": {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  },
  bfloat16: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [
      { name: "y", datatype: "FP32", shape: [-1, 2] },
      { name: "z", datatype: "FP32", shape: [-1, 2] },
    ],
  },
  narrow: { kind: "tensors", inputs: [], outputs: [] },
  chosen: { kind: "tensors", inputs: [], outputs: [] },
  columns: { kind: "tensors", inputs: [], outputs: [] },
  location: {
    kind: "tensors",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 2] }],
  },
  shapeless: { kind: "tensors", inputs: [], outputs: [] },
  "only-maps": { kind: "tensors", inputs: [], outputs: [] },
  "one-label": { kind: "tensors", inputs: [], outputs: [] },
  lower: { kind: "tensors", inputs: [], outputs: [] },
  sequences: { kind: "tensors", inputs: [], outputs: [] },
  "only-sequences": { kind: "tensors", inputs: [], outputs: [] },
  "one-or-two": {
    kind: "tabular-classification",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "scores", datatype: "FP32", shape: [-1, 2] },
    ],
    features: ["x"],
    labels: ["below", "above"],
  },
  highlights: {
    kind: "tensors",
    inputs: [{ name: "picture", datatype: "FP32", shape: [-1, 1, -1, -1] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
  },
  ratio: {
    kind: "regression",
    inputs: [{ name: "x", datatype: "FP32", shape: [-1, 2] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [-1, 1] }],
    features: ["a", "b"],
  },
  same: {
    kind: "instances",
    inputs: [{ name: "x", datatype: "INT64", shape: [-1] }],
    outputs: [{ name: "y", datatype: "INT64", shape: [-1] }],
  },
  not: {
    kind: "instances",
    inputs: [{ name: "x", datatype: "BOOL", shape: [-1] }],
    outputs: [{ name: "y", datatype: "BOOL", shape: [-1] }],
  },
  cache: {
    kind: "tensors",
    inputs: [
      { name: "past", datatype: "FP32", shape: [-1, -1, 2] },
      { name: "x", datatype: "FP32", shape: [-1, 1, 2] },
    ],
    outputs: [
      { name: "present", datatype: "FP32", shape: [-1, -1, 2] },
      { name: "sum", datatype: "FP32", shape: [-1, 2] },
      { name: "before", datatype: "FP32", shape: [-1, -1, 2] },
    ],
  },
  boxes: {
    kind: "tensors",
    inputs: [
      { name: "boxes", datatype: "FP32", shape: [-1, 4] },
      { name: "names", datatype: "BYTES", shape: [-1] },
    ],
    outputs: [
      { name: "moved", datatype: "FP32", shape: [-1, 4] },
      { name: "named", datatype: "BYTES", shape: [-1] },
    ],
    maxBatchSize: 0,
  },
  constant: {
    kind: "tensors",
    inputs: [],
    outputs: [{ name: "y", datatype: "FP32", shape: [2] }],
  },
  slow: {
    kind: "tensors",
    inputs: [{ name: "turns", datatype: "INT64", shape: [] }],
    outputs: [
      { name: "turned", datatype: "INT64", shape: [] },
      { name: "highest", datatype: "FP32", shape: [] },
    ],
  },
} satisfies Record<string, Signature>;

export type ModelName = keyof typeof MODELS;
