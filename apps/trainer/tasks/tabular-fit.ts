import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { TabularColumns } from "../input/tabular-rows.ts";
import type { TabularSchema } from "../input/tabular-schema.ts";
import { fitRidge } from "../learn/linear/ridge.ts";
import {
  type EncodedRows,
  encodeForFit,
  encodeTabular,
  type TabularLearner,
  type TabularModel,
} from "../learn/tabular/model.ts";
import { binColumns } from "../learn/trees/bins.ts";
import { growForest } from "../learn/trees/grow-forest.ts";
import { alone } from "../learn/workers/worker-group.ts";
import { logIterations } from "../log.ts";
import { fitFeatureClassifier } from "../models/feature-classifier.ts";
import { flag, nameList, positiveNumber, text, wholeNumber } from "./parameters.ts";
import type { TrainingContext } from "./task.ts";

/** Progress is logged after as many trees. */
const TREES_PER_LINE = 10;

export const TabularParameters = z.strictObject({
  /** Column to predict. Empty: what the schema file says, otherwise the last one. */
  target: text(""),
  /** What the target is. auto: what the schema file says, otherwise by its values. */
  problem: z
    .enum(["auto", "classification", "regression"], "must be auto, classification or regression")
    .default("auto"),
  /** Features that are numbers, divided by commas. Where any feature is named, the others are left out. */
  numeric: nameList(),
  /** Features that are one of a few words, divided by commas. */
  categorical: nameList(),
  /** JSON file beside the data file with target, problem, numeric, categorical. */
  schema: text(""),
  /** forest: random forest; linear: logistic or ridge regression. */
  algorithm: z.enum(["forest", "linear"], "must be forest or linear").default("forest"),
  /** Trees of the forest. */
  n_estimators: wholeNumber(1, 2000, 100),
  /** Longest way from a tree's root to a leaf; 0 for no bound. */
  max_depth: wholeNumber(0, 64, 12),
  /** Rows each leaf must hold. */
  min_samples_leaf: wholeNumber(1, 10_000, 1),
  /** Inverse strength of the linear models' L2 penalty, scikit-learn's C. */
  inverse_penalty: positiveNumber(10_000, 1),
  /** After measuring, fit the published model to all rows; otherwise publish the one measured. */
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
}

/** Features in the order of the table: how the model takes them. */
export function featuresOf({ numeric, categorical }: TabularSchema) {
  const names = [...numeric, ...categorical];
  return { names, numeric: numeric.map((_, i) => i), categorical: categorical.map((_, i) => numeric.length + i) };
}

/** Fits the model to the given rows; `phase` names the work in the log and in a run of several workers. */
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
  return { model, graph: encodeTabular(model, numeric, categorical, data.description) };
}

async function fitForest(
  { classes }: TabularData,
  { encoding, features, targets }: EncodedRows,
  { parameters, seed, log, crew = alone }: TrainingContext<TabularParameters>,
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
    // As scikit-learn draws: the square root of the columns for classes, all of them for numbers.
    columnsPerSplit: classification ? Math.max(1, Math.floor(Math.sqrt(width))) : width,
  };
  const trees = await growForest(data, options, crew, phase, async (done, own) => {
    if (done % TREES_PER_LINE === 0 || done === own) log.event("trees", { phase, done, trees: own });
    // Lets the process answer signals.
    await nextTurn();
  });
  const forest = { trees, width, outputs: Math.max(1, classes.length) };
  return { kind: classification ? "forest classifier" : "forest regressor", forest };
}

async function fitLinear(
  { classes, description }: TabularData,
  { encoding, features, targets }: EncodedRows,
  { parameters, log, crew = alone }: TrainingContext<TabularParameters>,
  phase: string,
): Promise<TabularLearner> {
  const { width } = encoding;
  if (classes.length === 0) {
    const line = await fitRidge(features, targets, width, parameters.inverse_penalty, crew, phase);
    return { kind: "linear regressor", line };
  }
  const options = { inversePenalty: parameters.inverse_penalty, description, onIteration: logIterations(log, phase) };
  const { model } = await fitFeatureClassifier(features, targets, classes.length, width, options, crew, phase);
  return { kind: "linear classifier", model };
}
