import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import { internal } from "../errors.ts";
import { type IrisRows, MEASUREMENTS, readIrisRows } from "../input/iris-rows.ts";
import { accuracy, macroF1, mostProbable } from "../learn/scores.ts";
import { groupFolds } from "../learn/split.ts";
import { logIterations, logNotes } from "../log.ts";
import { classifyFeatures, fitFeatureClassifier } from "../models/feature-classifier.ts";
import { dataParameters, flag, positiveNumber, readOptions, wholeNumber } from "./parameters.ts";
import type { Task } from "./task.ts";

/** One row in five is held out. */
const FOLDS = 5;
const WIDTH = MEASUREMENTS.length;

const IrisParameters = z.strictObject({
  ...dataParameters,
  /** Inverse strength of the L2 penalty, scikit-learn's C. */
  inverse_penalty: positiveNumber(10_000, 10),
  /** Maximum number of iterations of the fit, which stops earlier when it converges. */
  epochs: wholeNumber(1, 10_000, 200),
  /** After measuring, fit the published model to all rows; otherwise publish the measured one. */
  refit: flag(true),
});
type IrisParameters = z.infer<typeof IrisParameters>;

const DESCRIPTION = "Iris species from four measurements in centimetres: logistic regression";

/** Four measurements → species: multinomial logistic regression on standardized features. */
export const iris: Task<IrisParameters> = {
  name: "iris",
  model: "iris",
  parameters: IrisParameters,
  sample: "iris.csv",
  takesData: true,
  async train({ parameters, seed, file, log, workers }) {
    const data = await readIrisRows(file ?? internal("iris needs a data file"), readOptions(parameters));
    logNotes(log, data.notes);
    const classes = data.species.length;
    const [split] = groupFolds(flowers(data), data.targets, FOLDS, seed);
    if (!split) internal("no split");
    for (const rows of [split.train, split.test]) {
      const missing = data.species.find((_, index) => !rows.some((row) => data.targets[row] === index));
      if (missing === undefined) continue;
      throw new UserError(
        `${data.file}: too few rows of ${missing} to hold some out; each species needs at least ${FOLDS} different ones`,
      );
    }
    const fit = (rows: readonly number[], phase: string) =>
      fitFeatureClassifier(
        features(data, rows),
        targets(data, rows),
        classes,
        WIDTH,
        {
          inversePenalty: parameters.inverse_penalty,
          description: DESCRIPTION,
          maxIterations: parameters.epochs,
          onIteration: logIterations(log, phase),
        },
        workers,
        phase,
      );
    const measured = await fit(split.train, "measure");
    const truth = targets(data, split.test);
    const predicted = mostProbable(await classifyFeatures(measured.graph, features(data, split.test), WIDTH), classes);
    const scores = { accuracy: accuracy(predicted, truth), f1: macroF1(predicted, truth, classes) };
    log.event("measured", { ...scores, rows: truth.length });
    const published = parameters.refit ? await fit([...data.targets.keys()], "publish") : measured;
    return {
      graph: published.graph,
      description: DESCRIPTION,
      accuracy: scores.accuracy,
      metrics: scores,
      data: {
        sha256: data.sha256,
        rows: data.targets.length,
        trainRows: split.train.length,
        testRows: split.test.length,
        ...(data.notes.length > 0 && { notes: [...data.notes] }),
      },
      signature: {
        kind: "tabular-classification",
        inputs: [{ name: "features", datatype: "FP32", shape: [-1, WIDTH] }],
        outputs: [
          { name: "label", datatype: "INT64", shape: [-1] },
          { name: "probabilities", datatype: "FP32", shape: [-1, classes] },
        ],
        features: [...MEASUREMENTS],
        labels: [...data.species],
      },
    };
  },
};

/** Groups flowers with equal measurements: the data set contains duplicates. */
function flowers(data: IrisRows): string[] {
  return Array.from(data.targets, (_, row) => data.features.subarray(row * WIDTH, (row + 1) * WIDTH).join(" "));
}

function features(data: IrisRows, rows: readonly number[]): Float32Array {
  const picked = new Float32Array(rows.length * WIDTH);
  rows.forEach((row, position) => {
    picked.set(data.features.subarray(row * WIDTH, (row + 1) * WIDTH), position * WIDTH);
  });
  return picked;
}

function targets(data: IrisRows, rows: readonly number[]): number[] {
  return rows.map((row) => data.targets[row] ?? 0);
}
