import { alone, type Crew, remembered, shardOf } from "../distributed/crew.ts";
import { internal } from "../errors.ts";
import { floatOutput, openSession, runTexts, stringRows } from "../onnx/session.ts";
import { encodeFeatureGraph, encodeTextClassifier, encodeTokenGraph } from "../onnx/text-graph.ts";
import { fitLogisticShards, type LinearModel, type LogisticOptions } from "./logistic.ts";
import { type Matrix, MatrixBuilder } from "./matrix.ts";
import { collectVocabulary, type Vocabulary, type VocabularyOptions } from "./vocabulary.ts";

/** Rows per run of the graph: its features are dense, so this bounds memory. */
const BLOCK = 128;

export interface TextClassifier {
  readonly vocabulary: Vocabulary;
  readonly model: LinearModel;
  /** The exported graph, text to label. */
  readonly graph: Uint8Array;
}

/**
 * Fits TF-IDF and logistic regression. Tokens and features are computed by the exported graph's own first nodes in
 * ONNX Runtime, so what is trained on is exactly what will be served. Every worker of `crew` computes
 * the features of its own share of the texts; \`step\` names the work in its run.
 */
export async function fitTextClassifier(
  texts: readonly string[],
  targets: ArrayLike<number>,
  classes: number,
  options: VocabularyOptions & LogisticOptions & { readonly description: string },
  crew: Crew = alone,
  step = "gradient",
): Promise<TextClassifier> {
  const vocabulary = collectVocabulary(await tokenise(texts), options);
  const shard = async (worker: number) => {
    const { from, to } = shardOf(texts.length, worker, crew.size);
    const features = await computeFeatures(vocabulary, texts.slice(from, to));
    return { features, targets: Array.from({ length: to - from }, (_, i) => targets[from + i] ?? 0) };
  };
  const data = { width: vocabulary.weights.length, rows: texts.length, shard: remembered(shard) };
  const model = await fitLogisticShards(data, classes, options, crew, step);
  return { vocabulary, model, graph: encodeTextClassifier(vocabulary, model, options.description) };
}

/** TF-IDF features of texts, [texts, vocabulary], computed by the exported prefix. */
export async function computeFeatures(vocabulary: Vocabulary, texts: readonly string[]): Promise<Matrix> {
  const session = await openSession(encodeFeatureGraph(vocabulary));
  const builder = new MatrixBuilder(vocabulary.weights.length);
  for (const block of blocks(texts)) builder.addRows(floatOutput(await runTexts(session, block), "features").values);
  await session.release();
  return builder.build();
}

/** Runs texts through an exported classifier: probabilities, row-major [texts, classes]. */
export async function classifyTexts(graph: Uint8Array, texts: readonly string[]): Promise<Float64Array> {
  const session = await openSession(graph);
  const probabilities: number[] = [];
  for (const block of blocks(texts))
    probabilities.push(...floatOutput(await runTexts(session, block), "probabilities").values);
  await session.release();
  return Float64Array.from(probabilities);
}

async function tokenise(texts: readonly string[]): Promise<string[][]> {
  const session = await openSession(encodeTokenGraph());
  const rows: string[][] = [];
  for (const block of blocks(texts)) {
    for (const tokens of stringRows(await runTexts(session, block), "tokens")) {
      rows.push(tokens.filter((token) => token !== "#"));
    }
  }
  await session.release();
  if (rows.length !== texts.length) internal(`${texts.length} texts gave ${rows.length} rows of tokens`);
  return rows;
}

function blocks(texts: readonly string[]): string[][] {
  const count = Math.ceil(texts.length / BLOCK);
  return Array.from({ length: count }, (_, block) => texts.slice(block * BLOCK, (block + 1) * BLOCK));
}
