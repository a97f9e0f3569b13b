import { z } from "zod";
import { UserError } from "../../registry/index.ts";
import { internal } from "../errors.ts";
import { readSentimentRows, SENTIMENTS, type SentimentRows } from "../input/sentiment-rows.ts";
import { accuracy, macroF1, mostProbable } from "../learn/scores.ts";
import { groupFolds } from "../learn/split.ts";
import { logIterations, logNotes } from "../log.ts";
import { classifyTexts, fitTextClassifier, type TextClassifier } from "../models/text-classifier.ts";
import {
  dataParameters,
  flag,
  nameList,
  namesOf,
  positiveNumber,
  readOptions,
  text,
  wholeNumber,
} from "./parameters.ts";
import type { Task, TrainingContext } from "./task.ts";

const CLASSES = SENTIMENTS.length;
/** One group in five is held out. */
const FOLDS = 5;

const SentimentParameters = z.strictObject({
  ...dataParameters,
  /** Column of the texts. Empty: text, review, sentence or a similar name. */
  text_column: text(""),
  /** Column of the labels. Empty: label, sentiment, polarity or a similar name. */
  label_column: text(""),
  /** Labels of negative and of positive texts, separated by commas. Empty: known pairs, such as neg and pos, 0 and 1. */
  negative: nameList(),
  positive: nameList(),
  /** 1: single words; 2: pairs of words too, which distinguish "not good" from "good". */
  ngrams: wholeNumber(1, 2, 2),
  /** Maximum number of words between the two of a pair ("not very good"). */
  skips: wholeNumber(0, 5, 0),
  /** Minimum number of rows in which an n-gram has to occur. */
  min_rows: wholeNumber(1, 1000, 1),
  /** Inverse strength of the L2 penalty, scikit-learn's C. */
  inverse_penalty: positiveNumber(10_000, 6),
  /** Start from the polarities of words in the lexicon AFINN-165, and learn how far to trust them. */
  lexicon: flag(true),
  /** Maximum number of iterations of the fit, which stops earlier when it converges. */
  epochs: wholeNumber(1, 10_000, 200),
  /** After measuring, fit the published model to all rows; otherwise publish the measured one. */
  refit: flag(true),
});
type SentimentParameters = z.infer<typeof SentimentParameters>;

/** Text → negative or positive: TF-IDF of words (and pairs of words) and logistic regression. */
export const sentiment: Task<SentimentParameters> = {
  name: "sentiment",
  model: "sentiment-classifier",
  parameters: SentimentParameters,
  sample: "sentiment.csv",
  takesData: true,
  async train({ parameters, seed, file, log, workers }) {
    const data = await readSentimentRows(file ?? internal("sentiment needs a data file"), {
      ...readOptions(parameters),
      textColumn: parameters.text_column || undefined,
      labelColumn: parameters.label_column || undefined,
      negative: namesOf(parameters.negative),
      positive: namesOf(parameters.positive),
    });
    logNotes(log, data.notes);
    const [split] = groupFolds(data.groups, data.targets, FOLDS, seed);
    if (!split) internal("no split");
    for (const rows of [split.train, split.test]) {
      for (const [index, name] of SENTIMENTS.entries()) {
        if (rows.some((row) => data.targets[row] === index)) continue;
        throw new UserError(
          `${data.file}: too few ${name} rows to hold some out; each label needs at least ${FOLDS} groups`,
        );
      }
    }
    const measured = await fit(data, split.train, parameters, { log, workers }, "measure");
    const truth = split.test.map((row) => data.targets[row] ?? 0);
    const predicted = mostProbable(await classifyTexts(measured.graph, pick(data.texts, split.test)), CLASSES);
    const scores = { accuracy: accuracy(predicted, truth), f1: macroF1(predicted, truth, CLASSES) };
    log.event("measured", { ...scores, rows: truth.length });
    const all = [...data.texts.keys()];
    const published = parameters.refit ? await fit(data, all, parameters, { log, workers }, "publish") : measured;
    return {
      graph: published.graph,
      description: describe(parameters),
      accuracy: scores.accuracy,
      metrics: { ...scores, features: published.vocabulary.weights.length },
      data: {
        sha256: data.sha256,
        rows: data.texts.length,
        trainRows: split.train.length,
        testRows: split.test.length,
        ...(data.notes.length > 0 && { notes: [...data.notes] }),
      },
      signature: {
        kind: "text-classification",
        inputs: [{ name: "text", datatype: "BYTES", shape: [-1] }],
        outputs: [
          { name: "label", datatype: "INT64", shape: [-1] },
          { name: "probabilities", datatype: "FP32", shape: [-1, CLASSES] },
        ],
        labels: [...SENTIMENTS],
      },
    };
  },
};

async function fit(
  data: SentimentRows,
  rows: readonly number[],
  parameters: SentimentParameters,
  { log, workers }: Pick<TrainingContext<SentimentParameters>, "log" | "workers">,
  phase: string,
): Promise<TextClassifier> {
  const targets = rows.map((row) => data.targets[row] ?? 0);
  const lexicon = parameters.lexicon ? (await import("../learn/text/afinn.ts")).AFINN : undefined;
  return fitTextClassifier(
    pick(data.texts, rows),
    targets,
    CLASSES,
    {
      ngrams: parameters.ngrams,
      skips: parameters.skips,
      minRows: parameters.min_rows,
      ...(lexicon && { lexicon }),
      inversePenalty: parameters.inverse_penalty,
      description: describe(parameters),
      maxIterations: parameters.epochs,
      onIteration: logIterations(log, phase),
    },
    workers,
    phase,
  );
}

function describe(parameters: SentimentParameters): string {
  const features = parameters.ngrams === 1 ? "words" : "words and pairs of words";
  const prior = parameters.lexicon ? " on a polarity lexicon" : "";
  return `Sentiment of a text, negative or positive: TF-IDF of ${features}, logistic regression${prior}`;
}

function pick(texts: readonly string[], rows: readonly number[]): string[] {
  return rows.map((row) => texts[row] ?? "");
}
