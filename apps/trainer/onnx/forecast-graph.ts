import type { Forest } from "../learn/trees/forest.ts";
import { encodeModel } from "./model.ts";
import { forestRegressorNode } from "./tree-graph.ts";

/** Graph `features` [rows, lags], newest value first → `prediction` [rows, 1]: the newest value plus the change that the forest predicts. */
export function encodeForecaster(forest: Forest, description: string): Uint8Array {
  return encodeModel({
    name: "series_forecaster",
    description,
    inputs: [{ name: "features", type: "float", shape: ["rows", forest.width] }],
    outputs: [{ name: "prediction", type: "float", shape: ["rows", 1] }],
    nodes: [
      {
        op: "ArrayFeatureExtractor",
        domain: "ai.onnx.ml",
        inputs: ["features", "newest_column"],
        outputs: ["newest"],
      },
      { op: "Sub", inputs: ["features", "newest"], outputs: ["relative"] },
      forestRegressorNode(forest, "relative", "change"),
      { op: "Add", inputs: ["newest", "change"], outputs: ["prediction"] },
    ],
    initializers: [{ name: "newest_column", type: "int64", dims: [1], values: [0] }],
  });
}
