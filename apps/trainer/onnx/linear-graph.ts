import type { LinearModel } from "../learn/linear/logistic.ts";
import { encodeModel, type GraphNode, type GraphValue } from "./model.ts";

/** Graph `features` [rows, columns] → `label` [rows], the class number, and `probabilities` [rows, classes]. */
export function encodeLinearClassifier(model: LinearModel, description: string): Uint8Array {
  return encodeModel({
    name: "linear_classifier",
    description,
    inputs: [{ name: "features", type: "float", shape: ["rows", model.width] }],
    outputs: linearOutputs(model),
    nodes: [linearNode(model)],
  });
}

/** The node from `input` to `label` and `probabilities`. */
export function linearNode(model: LinearModel, input = "features"): GraphNode {
  return {
    op: "LinearClassifier",
    domain: "ai.onnx.ml",
    inputs: [input],
    outputs: ["label", "probabilities"],
    attributes: {
      coefficients: { type: "floats", value: model.weights },
      intercepts: { type: "floats", value: model.intercepts },
      classlabels_ints: { type: "ints", value: Array.from(model.intercepts.keys()) },
      multi_class: { type: "int", value: 0 },
      post_transform: { type: "string", value: "SOFTMAX" },
    },
  };
}

export function linearOutputs(model: LinearModel): GraphValue[] {
  return [
    { name: "label", type: "int64", shape: ["rows"] },
    { name: "probabilities", type: "float", shape: ["rows", model.classes] },
  ];
}
