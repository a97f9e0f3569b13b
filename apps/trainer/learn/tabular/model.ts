import { type LinearModel, predictProbabilities } from "../linear/logistic.ts";
import { sparseMatrix } from "../linear/matrix.ts";
import type { LinearRegression } from "../linear/ridge.ts";
import { type Forest, predictForest } from "../trees/forest.ts";
import type { TabularColumns } from "./columns.ts";
import { type Encoding, encodeRows, fitEncoding } from "./encoding.ts";

/** A model of encoded rows. */
export type TabularLearner =
  | { readonly kind: "forest classifier" | "forest regressor"; readonly forest: Forest }
  | { readonly kind: "linear classifier"; readonly model: LinearModel }
  | { readonly kind: "linear regressor"; readonly line: LinearRegression };

/** A model of mixed columns: their encoding, and a model of the encoded rows. */
export interface TabularModel {
  readonly encoding: Encoding;
  readonly learner: TabularLearner;
  /** 1 for a regression. */
  readonly outputs: number;
}

/** Encoded features, and targets, of the rows to fit. */
export interface EncodedRows {
  readonly encoding: Encoding;
  /** Row-major [rows, encoding.width]. */
  readonly features: Float32Array;
  readonly targets: Float64Array;
}

/** Fits the encoding to the given rows and encodes them. */
export function encodeForFit(columns: TabularColumns, targets: Float64Array, rows: readonly number[]): EncodedRows {
  const encoding = fitEncoding(columns, rows);
  return {
    encoding,
    features: encodeRows(encoding, columns, rows),
    targets: Float64Array.from(rows, (row) => targets[row] ?? 0),
  };
}

/** Predictions for the given rows, computed without the graph: row-major [rows, outputs], probabilities for a classifier. */
export function predictTabular(
  model: TabularModel,
  columns: TabularColumns,
  rows: readonly number[],
): ArrayLike<number> {
  const { encoding, learner } = model;
  const features = encodeRows(encoding, columns, rows);
  switch (learner.kind) {
    case "forest classifier":
    case "forest regressor":
      return predictForest(learner.forest, features);
    case "linear classifier":
      return predictProbabilities(learner.model, sparseMatrix(features, encoding.width));
    case "linear regressor": {
      const { weights, intercept } = learner.line;
      return Float64Array.from(rows, (_, row) =>
        weights.reduce((sum, weight, k) => sum + weight * (features[row * encoding.width + k] ?? 0), intercept),
      );
    }
  }
}
