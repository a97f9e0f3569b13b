import type { TabularColumns } from "../../input/tabular-rows.ts";
import { encodingGraph } from "../../onnx/encoding-graph.ts";
import { linearNode } from "../../onnx/linear-graph.ts";
import { encodeModel, type GraphNode, type GraphValue } from "../../onnx/model.ts";
import { forestClassifierNodes, forestRegressorNode } from "../../onnx/tree-graph.ts";
import { type LinearModel, predictProbabilities } from "../linear/logistic.ts";
import { sparseMatrix } from "../linear/matrix.ts";
import type { LinearRegression } from "../linear/ridge.ts";
import { type Forest, predictForest } from "../trees/forest.ts";
import { type Encoding, encodeRows, fitEncoding } from "./encoding.ts";

/** What was learned from encoded rows. */
export type TabularLearner =
  | { readonly kind: "forest classifier" | "forest regressor"; readonly forest: Forest }
  | { readonly kind: "linear classifier"; readonly model: LinearModel }
  | { readonly kind: "linear regressor"; readonly line: LinearRegression };

/** A fitted model of mixed columns. */
export interface TabularModel {
  readonly encoding: Encoding;
  readonly learner: TabularLearner;
  /** 1 for a regression. */
  readonly outputs: number;
}

/** Features and targets of the rows to fit, encoded. */
export interface EncodedRows {
  readonly encoding: Encoding;
  /** Row-major [rows, encoding.width]. */
  readonly features: Float32Array;
  readonly targets: Float64Array;
}

/** Learns the encoding from the given rows and encodes them. */
export function encodeForFit(columns: TabularColumns, targets: Float64Array, rows: readonly number[]): EncodedRows {
  const encoding = fitEncoding(columns, rows);
  return {
    encoding,
    features: encodeRows(encoding, columns, rows),
    targets: Float64Array.from(rows, (row) => targets[row] ?? 0),
  };
}

/** The trainer's own predictions for the given rows: row-major [rows, outputs], probabilities for a classifier. */
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

/**
 * Graph `features` [rows, columns] → `label` and `probabilities`, or → `prediction` [rows, 1]. The columns are those of
 * the table, numeric and categorical ones mixed as `numeric` and `categorical` say.
 */
export function encodeTabular(
  model: TabularModel,
  numeric: readonly number[],
  categorical: readonly number[],
  description: string,
): Uint8Array {
  const { input, nodes, initializers } = encodingGraph(model.encoding, numeric, categorical, "encoded");
  const learned = learnerNodes(model);
  return encodeModel({
    name: "tabular",
    description,
    inputs: [input],
    outputs: learned.outputs,
    nodes: [...nodes, ...learned.nodes],
    initializers,
  });
}

function learnerNodes({ learner, outputs }: TabularModel): { nodes: GraphNode[]; outputs: GraphValue[] } {
  const classifier: GraphValue[] = [
    { name: "label", type: "int64", shape: ["rows"] },
    { name: "probabilities", type: "float", shape: ["rows", outputs] },
  ];
  const regressor: GraphValue[] = [{ name: "prediction", type: "float", shape: ["rows", 1] }];
  switch (learner.kind) {
    case "forest classifier":
      return { nodes: forestClassifierNodes(learner.forest, "encoded"), outputs: classifier };
    case "linear classifier":
      return { nodes: [linearNode(learner.model, "encoded")], outputs: classifier };
    case "forest regressor":
      return { nodes: [forestRegressorNode(learner.forest, "encoded", "prediction")], outputs: regressor };
    case "linear regressor":
      return { nodes: [linearRegressorNode(learner.line)], outputs: regressor };
  }
}

function linearRegressorNode({ weights, intercept }: LinearRegression): GraphNode {
  return {
    op: "LinearRegressor",
    domain: "ai.onnx.ml",
    inputs: ["encoded"],
    outputs: ["prediction"],
    attributes: {
      coefficients: { type: "floats", value: weights },
      intercepts: { type: "floats", value: [intercept] },
      targets: { type: "int", value: 1 },
    },
  };
}
