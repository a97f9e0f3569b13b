import type { InferenceSession } from "onnxruntime-node";
import { fitLogisticShards, type LinearModel, type LogisticOptions } from "../learn/linear/logistic.ts";
import { numberNgrams } from "../learn/text/ngrams.ts";
import { appendPrior, computeFeatures, foldPrior } from "../learn/text/text-features.ts";
import { collectVocabulary, type Vocabulary, type VocabularyOptions } from "../learn/text/vocabulary.ts";
import { memoizeByWorker, shardOf, singleWorker, type WorkerGroup } from "../learn/workers/worker-group.ts";
import { floatOutput, openSession, runTexts } from "../onnx/session.ts";
import { encodeTextClassifier } from "../onnx/text-graph.ts";
import { tokenize } from "./tokenize.ts";

/** Rows per run of the graph, which pads them to the longest. */
const BLOCK = 32;

export interface TextOptions extends VocabularyOptions, LogisticOptions {
  /** 1: single tokens; 2: pairs of tokens too. */
  readonly ngrams: number;
}

export interface TextClassifier {
  readonly vocabulary: Vocabulary;
  readonly model: LinearModel;
  /** The exported graph, from text to label. */
  readonly graph: Uint8Array;
}

/**
 * Fits TF-IDF and logistic regression to texts of two classes or more. With a lexicon, the fit learns how far to trust its
 * polarities (positive for class 1), and the weights as deviations from them, so that words that occur in no training
 * text count as well.
 *
 * @param workers the workers that share the texts
 * @param step prefix of the steps' names, unique within the run
 */
export async function fitTextClassifier(
  texts: readonly string[],
  targets: ArrayLike<number>,
  classes: number,
  options: TextOptions & { readonly description: string },
  workers: WorkerGroup = singleWorker,
  step = "gradient",
): Promise<TextClassifier> {
  const ngrams = numberNgrams(await tokenize(texts), options.ngrams, options.skips);
  const { vocabulary, columns } = collectVocabulary(ngrams, options);
  const width = vocabulary.weights.length;
  const prior = options.lexicon && vocabulary.polarities;
  const shard = (worker: number) => {
    const { from, to } = shardOf(texts.length, worker, workers.size);
    const features = computeFeatures(vocabulary.weights, columns, ngrams, from, to);
    return {
      features: prior ? appendPrior(features, prior) : features,
      targets: Array.from({ length: to - from }, (_, i) => targets[from + i] ?? 0),
    };
  };
  const data = { width: prior ? width + 1 : width, rows: texts.length, shard: memoizeByWorker(shard) };
  const fitted = await fitLogisticShards(data, classes, options, workers, step);
  const model = prior ? { ...fitted, width, weights: foldPrior(fitted.weights, classes, prior) } : fitted;
  return { vocabulary, model, graph: encodeTextClassifier(vocabulary, model, options.description) };
}

/** Runs texts through an exported classifier; returns probabilities, row-major [texts, classes]. */
export async function classifyTexts(graph: Uint8Array, texts: readonly string[]): Promise<Float64Array> {
  const session = await openSession(graph);
  const probabilities = await classifyInSession(session, texts);
  await session.release();
  return probabilities;
}

/** Like {@link classifyTexts}, in an open session. */
export async function classifyInSession(session: InferenceSession, texts: readonly string[]): Promise<Float64Array> {
  const probabilities: number[] = [];
  for (let from = 0; from < texts.length; from += BLOCK) {
    const outputs = await runTexts(session, texts.slice(from, from + BLOCK));
    probabilities.push(...floatOutput(outputs, "probabilities").values);
  }
  return Float64Array.from(probabilities);
}
