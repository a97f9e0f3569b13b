import type { LinearModel } from "../learn/linear/logistic.ts";
import { pairText, type Vocabulary } from "../learn/text/vocabulary.ts";
import { linearNode, linearOutputs } from "./linear-graph.ts";
import { type Attribute, encodeModel, type GraphNode, type GraphValue } from "./model.ts";

const text = (value: string): Attribute => ({ type: "string", value });
const number = (value: number): Attribute => ({ type: "int", value });

const INPUT: GraphValue = { name: "text", type: "string", shape: ["rows"] };

/** Pads short rows of tokens; no token can be equal to it. */
export const PADDING = "#";

/**
 * Lower-cases, then takes every run of letters or digits as a token, so that punctuation sticks to none. "don't" gives
 * `don` and `t` whichever apostrophe was typed, and the pair (t, good) then stands for isn't, wasn't and aren't good
 * alike. The locale is named because the default one is missing in slim images.
 */
const TOKEN_NODES: readonly GraphNode[] = [
  {
    op: "StringNormalizer",
    inputs: ["text"],
    outputs: ["lower"],
    attributes: { case_change_action: text("LOWER"), is_case_sensitive: number(1), locale: text("C.UTF-8") },
  },
  {
    op: "Tokenizer",
    domain: "com.microsoft",
    inputs: ["lower"],
    outputs: ["tokens"],
    attributes: {
      mark: number(0),
      mincharnum: number(1),
      pad_value: text(PADDING),
      tokenexp: text("[\\p{L}\\p{N}]+"),
    },
  },
];

/** Graph `text` [rows] → `tokens` [rows, longest row], short rows padded with `PADDING`. */
export function encodeTokenGraph(): Uint8Array {
  return encodeModel({
    name: "tokens",
    description: "Lower-cases and splits text",
    inputs: [INPUT],
    outputs: [{ name: "tokens", type: "string", shape: ["rows", "width"] }],
    nodes: TOKEN_NODES,
  });
}

/** Graph `text` [rows] → `label` [rows], the class number, and `probabilities` [rows, classes]. */
export function encodeTextClassifier(vocabulary: Vocabulary, model: LinearModel, description: string): Uint8Array {
  return encodeModel({
    name: "text_classifier",
    description,
    inputs: [INPUT],
    outputs: linearOutputs(model),
    nodes: [...featureNodes(vocabulary), linearNode(model)],
  });
}

function featureNodes(vocabulary: Vocabulary): GraphNode[] {
  const { unigrams, firsts, skips, weights } = vocabulary;
  const longest = firsts.length > 0 ? 2 : 1;
  const pairs = Array.from(firsts, (_, pair) => pairText(vocabulary, pair));
  return [
    ...TOKEN_NODES,
    {
      op: "TfIdfVectorizer",
      inputs: ["tokens"],
      outputs: ["weighted"],
      attributes: {
        mode: text("TFIDF"),
        min_gram_length: number(1),
        max_gram_length: number(longest),
        max_skip_count: number(longest === 2 ? skips : 0),
        // Where the n-grams of each length begin in the pool.
        ngram_counts: { type: "ints", value: longest === 2 ? [0, unigrams.length] : [0] },
        ngram_indexes: { type: "ints", value: Array.from(weights.keys()) },
        pool_strings: { type: "strings", value: [...unigrams, ...pairs.flat()] },
        weights: { type: "floats", value: weights },
      },
    },
    // Each row to Euclidean length 1. The `Normalizer` of ai.onnx.ml does the same in four times the time, most of the graph's.
    {
      op: "LpNormalization",
      inputs: ["weighted"],
      outputs: ["features"],
      attributes: { axis: number(1), p: number(2) },
    },
  ];
}
