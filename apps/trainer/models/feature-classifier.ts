import { fitLogistic, type LinearModel, type LogisticOptions } from "../learn/linear/logistic.ts";
import { sparseMatrix } from "../learn/linear/matrix.ts";
import { columnMoments } from "../learn/linear/moments.ts";
import { alone, type Crew } from "../learn/workers/worker-group.ts";
import { encodeLinearClassifier } from "../onnx/linear-graph.ts";
import { floatOutput, openSession, runFeatures } from "../onnx/session.ts";

export interface FeatureClassifier {
  readonly model: LinearModel;
  /** The exported graph, raw features to label. */
  readonly graph: Uint8Array;
}

/**
 * Fits logistic regression to row-major `features` [rows, width]. It is fitted to standardised columns, so that the
 * penalty weighs them alike, and then rewritten for the raw ones: w·(x − μ)/σ + b = (w/σ)·x + (b − w·μ/σ). The rows are shared out among the workers of `crew`;
 * `step` names the work in its run.
 */
export async function fitFeatureClassifier(
  features: Float32Array,
  targets: ArrayLike<number>,
  classes: number,
  width: number,
  options: LogisticOptions & { readonly description: string },
  crew: Crew = alone,
  step = "gradient",
): Promise<FeatureClassifier> {
  const { means, deviations } = columnMoments(features, width);
  const standardised = new Float64Array(features.length);
  for (let from = 0; from < features.length; from += width) {
    for (let k = 0; k < width; k++)
      standardised[from + k] = ((features[from + k] ?? 0) - (means[k] ?? 0)) / (deviations[k] ?? 1);
  }
  const matrix = sparseMatrix(standardised, width);
  const fitted = await fitLogistic(matrix, targets, classes, options, crew, step);
  const weights = fitted.weights.map((weight, i) => weight / (deviations[i % width] ?? 1));
  const intercepts = fitted.intercepts.map((intercept, c) => {
    let shift = 0;
    for (let k = 0; k < width; k++) shift += (weights[c * width + k] ?? 0) * (means[k] ?? 0);
    return intercept - shift;
  });
  const model = { ...fitted, weights, intercepts };
  return { model, graph: encodeLinearClassifier(model, options.description) };
}

/** Runs row-major features through an exported classifier: probabilities, row-major [rows, classes]. */
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
