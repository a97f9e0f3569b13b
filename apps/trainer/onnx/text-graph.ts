import type { LinearModel } from "../learn/linear/logistic.ts";
import { pairText, type Vocabulary } from "../learn/text/vocabulary.ts";
import { linearNode, linearOutputs } from "./linear-graph.ts";
import { type Attribute, encodeModel, type GraphNode, type GraphValue } from "./model.ts";

const text = (value: string): Attribute => ({ type: "string", value });
const number = (value: number): Attribute => ({ type: "int", value });

const INPUT: GraphValue = { name: "text", type: "string", shape: ["rows"] };

/** Pads short rows of tokens. Not a letter or a digit, so never a token itself. */
export const PADDING = "#";

/**
 * Lower-cases the text; each run of letters or digits is a token. "don't" becomes `don` and `t` with any kind of apostrophe,
 * so that the pair (t, good) covers "isn't good", "wasn't good" and "aren't good". The locale is explicit because slim
 * images lack the default one.
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
        // Index in the pool of the first n-gram of each length.
        ngram_counts: { type: "ints", value: longest === 2 ? [0, unigrams.length] : [0] },
        ngram_indexes: { type: "ints", value: Array.from(weights.keys()) },
        pool_strings: { type: "strings", value: [...unigrams, ...pairs.flat()] },
        weights: { type: "floats", value: weights },
      },
    },
    // Scales each row to Euclidean length 1. `Normalizer` of ai.onnx.ml does the same, but is slower.
    {
      op: "LpNormalization",
      inputs: ["weighted"],
      outputs: ["features"],
      attributes: { axis: number(1), p: number(2) },
    },
  ];
}
