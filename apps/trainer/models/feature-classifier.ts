import { fitLogistic, type LinearModel, type LogisticOptions } from "../learn/linear/logistic.ts";
import { sparseMatrix } from "../learn/linear/matrix.ts";
import { columnMoments } from "../learn/linear/moments.ts";
import { singleWorker, type WorkerGroup } from "../learn/workers/worker-group.ts";
import { encodeLinearClassifier } from "../onnx/linear-graph.ts";
import { floatOutput, openSession, runFeatures } from "../onnx/session.ts";

export interface FeatureClassifier {
  readonly model: LinearModel;
  /** The exported graph, from raw features to label. */
  readonly graph: Uint8Array;
}

/**
 * Fits logistic regression to row-major `features` [rows, width]. The columns are standardized for the fit, so that the
 * penalty treats them equally, and the result is rewritten for raw columns: w·(x − μ)/σ + b = (w/σ)·x + (b − w·μ/σ).
 *
 * @param workers the workers that share the rows
 * @param step prefix of the steps' names, unique within the run
 */
export async function fitFeatureClassifier(
  features: Float32Array,
  targets: ArrayLike<number>,
  classes: number,
  width: number,
  options: LogisticOptions & { readonly description: string },
  workers: WorkerGroup = singleWorker,
  step = "gradient",
): Promise<FeatureClassifier> {
  const { means, deviations } = columnMoments(features, width);
  const standardized = new Float64Array(features.length);
  for (let from = 0; from < features.length; from += width) {
    for (let k = 0; k < width; k++)
      standardized[from + k] = ((features[from + k] ?? 0) - (means[k] ?? 0)) / (deviations[k] ?? 1);
  }
  const matrix = sparseMatrix(standardized, width);
  const fitted = await fitLogistic(matrix, targets, classes, options, workers, step);
  const weights = fitted.weights.map((weight, i) => weight / (deviations[i % width] ?? 1));
  const intercepts = fitted.intercepts.map((intercept, c) => {
    let shift = 0;
    for (let k = 0; k < width; k++) shift += (weights[c * width + k] ?? 0) * (means[k] ?? 0);
    return intercept - shift;
  });
  const model = { ...fitted, weights, intercepts };
  return { model, graph: encodeLinearClassifier(model, options.description) };
}

/** Runs row-major features through an exported classifier; returns probabilities, row-major [rows, classes]. */
export async function classifyFeatures(
  graph: Uint8Array,
  features: Float32Array,
  width: number,
): Promise<Float64Array> {
  const session = await openSession(graph);
  const { values } = floatOutput(await runFeatures(session, features, width), "probabilities");
  await session.release();
  return Float64Array.from(values);
}
