import { z } from "zod";
import type { TabularSchema } from "../input/tabular-schema.ts";
import { fitRidge } from "../learn/linear/ridge.ts";
import type { TabularColumns } from "../learn/tabular/columns.ts";
import { type EncodedRows, encodeForFit, type TabularLearner, type TabularModel } from "../learn/tabular/model.ts";
import { binColumns } from "../learn/trees/bins.ts";
import { growForest } from "../learn/trees/grow-forest.ts";
import { singleWorker } from "../learn/workers/worker-group.ts";
import { logIterations, logTrees } from "../log.ts";
import { fitFeatureClassifier } from "../models/feature-classifier.ts";
import { encodeTabular } from "../onnx/tabular-graph.ts";
import { dataParameters, flag, nameList, positiveNumber, text, wholeNumber } from "./parameters.ts";
import type { TrainingContext } from "./task.ts";

export const TabularParameters = z.strictObject({
  ...dataParameters,
  /** Column to predict. Empty: the target in the schema file, otherwise the last column. */
  target: text(""),
  /** Kind of problem. auto: the problem in the schema file, otherwise inferred from the values of the target. */
  problem: z
    .enum(["auto", "classification", "regression"], "must be auto, classification or regression")
    .default("auto"),
  /** Numeric features, separated by commas. If any feature is named, only the named ones are used. */
  numeric: nameList(),
  /** Categorical features, separated by commas. */
  categorical: nameList(),
  /** JSON file beside the data file with target, problem, numeric, categorical. */
  schema: text(""),
  /** forest: random forest; linear: logistic or ridge regression. */
  algorithm: z.enum(["forest", "linear"], "must be forest or linear").default("forest"),
  /** Trees of the forest. */
  n_estimators: wholeNumber(1, 2000, 100),
  /** Maximum depth of a tree; 0 for no limit. */
  max_depth: wholeNumber(0, 64, 12),
  /** Minimum number of rows in a leaf. */
  min_samples_leaf: wholeNumber(1, 10_000, 1),
  /** Inverse strength of the linear models' L2 penalty, scikit-learn's C. */
  inverse_penalty: positiveNumber(10_000, 1),
  /** After measuring, fit the published model to all rows; otherwise publish the measured one. */
  refit: flag(true),
});
export type TabularParameters = z.infer<typeof TabularParameters>;

/** A table, its features and its target. */
export interface TabularData {
  readonly schema: TabularSchema;
  readonly columns: TabularColumns;
  readonly targets: Float64Array;
  /** Names of the classes; none for a regression. */
  readonly classes: readonly string[];
  readonly description: string;
  /** By categorical column: words that mean a missing value, besides "". Default: none. */
  readonly missing?: readonly (readonly string[])[];
}

/** The features in the order of the model's input: the numeric ones, then the categorical ones. */
export function featuresOf({ numeric, categorical }: TabularSchema) {
  const names = [...numeric, ...categorical];
  return { names, numeric: numeric.map((_, i) => i), categorical: categorical.map((_, i) => numeric.length + i) };
}

/** Fits the model to the given rows. `phase` identifies the work in the log and in a run of several workers. */
export async function fitTabular(
  data: TabularData,
  rows: readonly number[],
  context: TrainingContext<TabularParameters>,
  phase: string,
): Promise<{ model: TabularModel; graph: Uint8Array }> {
  const encoded = encodeForFit(data.columns, data.targets, rows);
  const learner = await (context.parameters.algorithm === "forest" ? fitForest : fitLinear)(
    data,
    encoded,
    context,
    phase,
  );
  const model = { encoding: encoded.encoding, learner, outputs: Math.max(1, data.classes.length) };
  const { numeric, categorical } = featuresOf(data.schema);
  return { model, graph: encodeTabular(model, numeric, categorical, data.description, data.missing) };
}

async function fitForest(
  { classes }: TabularData,
  { encoding, features, targets }: EncodedRows,
  { parameters, seed, log, workers = singleWorker }: TrainingContext<TabularParameters>,
  phase: string,
): Promise<TabularLearner> {
  const { width } = encoding;
  const classification = classes.length > 0;
  const data = { columns: binColumns(features, width), targets, classes: classes.length };
  const options = {
    trees: parameters.n_estimators,
    seed,
    maxDepth: parameters.max_depth,
    minLeafRows: parameters.min_samples_leaf,
    // The defaults of scikit-learn: the square root of the number of columns for classes, all columns for numbers.
    columnsPerSplit: classification ? Math.max(1, Math.floor(Math.sqrt(width))) : width,
  };
  const trees = await growForest(data, options, workers, phase, logTrees(log, phase));
  const forest = { trees, width, outputs: Math.max(1, classes.length) };
  return { kind: classification ? "forest classifier" : "forest regressor", forest };
}

async function fitLinear(
  { classes, description }: TabularData,
  { encoding, features, targets }: EncodedRows,
  { parameters, log, workers = singleWorker }: TrainingContext<TabularParameters>,
  phase: string,
): Promise<TabularLearner> {
  const { width } = encoding;
  if (classes.length === 0) {
    const line = await fitRidge(features, targets, width, parameters.inverse_penalty, workers, phase);
    return { kind: "linear regressor", line };
  }
  const options = { inversePenalty: parameters.inverse_penalty, description, onIteration: logIterations(log, phase) };
  const { model } = await fitFeatureClassifier(features, targets, classes.length, width, options, workers, phase);
  return { kind: "linear classifier", model };
}
