import type { LinearModel } from "../learn/linear/logistic.ts";
import type { Vocabulary } from "../learn/text/vocabulary.ts";
import { linearNode, linearOutputs } from "./linear-graph.ts";
import { type Attribute, encodeModel, type GraphNode, type GraphValue } from "./model.ts";
import { sparseTextScores } from "./sparse-text.ts";

const text = (value: string): Attribute => ({ type: "string", value });
const number = (value: number): Attribute => ({ type: "int", value });

const INPUT: GraphValue = { name: "text", type: "string", shape: ["rows"] };

const TOKENS: GraphValue = { name: "tokens", type: "string", shape: ["rows", "width"] };

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
    outputs: [TOKENS],
    nodes: TOKEN_NODES,
  });
}

/** Graph `text` [rows] → `label` [rows], the class number, and `probabilities` [rows, classes]. */
export function encodeTextClassifier(vocabulary: Vocabulary, model: LinearModel, description: string): Uint8Array {
  const { nodes, initializers } = sparseTextScores(vocabulary, model, "scores");
  return encodeModel({
    name: "text_classifier",
    description,
    inputs: [INPUT],
    outputs: linearOutputs(model),
    nodes: [...TOKEN_NODES, ...nodes, linearNode(identity(model), "scores")],
    initializers,
    values: [TOKENS],
  });
}

/** The model with its scores before the intercepts as features. */
function identity(model: LinearModel): LinearModel {
  const { classes } = model;
  const weights = Float32Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? 1 : 0));
  return { ...model, width: classes, weights };
}
