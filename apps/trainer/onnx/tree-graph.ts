import type { Forest } from "../learn/trees/forest.ts";
import type { Attribute, GraphNode } from "./model.ts";

/** Float `input` [rows, width] → `output` [rows, outputs], means over the trees, by `TreeEnsembleRegressor`. */
export function forestRegressorNode(forest: Forest, input: string, output: string): GraphNode {
  const leaves = leafWeights(forest);
  return {
    op: "TreeEnsembleRegressor",
    domain: "ai.onnx.ml",
    inputs: [input],
    outputs: [output],
    attributes: {
      ...treeNodes(forest),
      n_targets: { type: "int", value: forest.outputs },
      aggregate_function: { type: "string", value: "AVERAGE" },
      target_treeids: { type: "ints", value: leaves.trees },
      target_nodeids: { type: "ints", value: leaves.nodes },
      target_ids: { type: "ints", value: leaves.outputs },
      target_weights: { type: "floats", value: leaves.weights },
    },
  };
}

/**
 * Float `input` [rows, width] → `label` [rows], the class number, and `probabilities` [rows, classes], means over the trees.
 * `TreeEnsembleClassifier` cannot be used: for two classes, ONNX Runtime interprets its scores as log-odds.
 */
export function forestClassifierNodes(forest: Forest, input: string): GraphNode[] {
  return [
    forestRegressorNode(forest, input, "probabilities"),
    {
      op: "ArgMax",
      inputs: ["probabilities"],
      outputs: ["label"],
      attributes: { axis: { type: "int", value: 1 }, keepdims: { type: "int", value: 0 } },
    },
  ];
}

/** The attributes of every node of every tree. */
function treeNodes({ trees }: Forest): Record<string, Attribute> {
  const size = trees.reduce((sum, tree) => sum + tree.columns.length, 0);
  const treeIds = new Int32Array(size);
  const nodeIds = new Int32Array(size);
  const columns = new Int32Array(size);
  const values = new Float32Array(size);
  const left = new Int32Array(size);
  const right = new Int32Array(size);
  const modes: string[] = [];
  let at = 0;
  trees.forEach((tree, treeId) => {
    tree.columns.forEach((column, node) => {
      const leaf = column < 0;
      treeIds[at] = treeId;
      nodeIds[at] = node;
      columns[at] = leaf ? 0 : column;
      values[at] = tree.thresholds[node] ?? 0;
      left[at] = leaf ? 0 : (tree.left[node] ?? 0);
      right[at] = leaf ? 0 : (tree.right[node] ?? 0);
      modes.push(leaf ? "LEAF" : "BRANCH_LEQ");
      at++;
    });
  });
  return {
    nodes_treeids: { type: "ints", value: treeIds },
    nodes_nodeids: { type: "ints", value: nodeIds },
    nodes_featureids: { type: "ints", value: columns },
    nodes_values: { type: "floats", value: values },
    nodes_modes: { type: "strings", value: modes },
    nodes_truenodeids: { type: "ints", value: left },
    nodes_falsenodeids: { type: "ints", value: right },
    post_transform: { type: "string", value: "NONE" },
  };
}

function leafWeights({ trees, outputs }: Forest) {
  const found = { trees: [] as number[], nodes: [] as number[], outputs: [] as number[], weights: [] as number[] };
  trees.forEach((tree, treeId) => {
    tree.columns.forEach((column, node) => {
      if (column >= 0) return;
      for (let output = 0; output < outputs; output++) {
        const value = tree.values[node * outputs + output] ?? 0;
        found.trees.push(treeId);
        found.nodes.push(node);
        found.outputs.push(output);
        found.weights.push(value);
      }
    });
  });
  return found;
}
