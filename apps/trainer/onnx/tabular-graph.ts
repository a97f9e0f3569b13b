import type { LinearRegression } from "../learn/linear/ridge.ts";
import type { TabularModel } from "../learn/tabular/model.ts";
import { encodingGraph } from "./encoding-graph.ts";
import { linearNode } from "./linear-graph.ts";
import { encodeModel, type GraphNode, type GraphValue } from "./model.ts";
import { forestClassifierNodes, forestRegressorNode } from "./tree-graph.ts";

/**
 * Graph `features` [rows, columns] → `label` and `probabilities`, or → `prediction` [rows, 1].
 *
 * @param numeric position of each numeric column in a row of the input
 * @param categorical position of each categorical column in a row of the input
 * @param missing by categorical column: words that mean a missing value, besides ""
 */
export function encodeTabular(
  model: TabularModel,
  numeric: readonly number[],
  categorical: readonly number[],
  description: string,
  missing: readonly (readonly string[])[] = [],
): Uint8Array {
  const { input, nodes, initializers } = encodingGraph(model.encoding, numeric, categorical, "encoded", missing);
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
