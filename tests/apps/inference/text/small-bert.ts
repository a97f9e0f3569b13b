import { encodeModel, type GraphNode, type Initializer } from "../../../../apps/trainer/onnx/model.ts";

/** Sizes of the test's transformer. */
const WIDTH = 8;
const INNER = 16;
export const MAX_TOKENS = 24;
export const LABELS = ["NEGATIVE", "POSITIVE", "MIXED"];

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const WORDS =
  "a the this that it was is very not good bad great awful love hate product movie food service again never . , ! ? ' é 日 本";
const VOCABULARY = [
  ...["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
  ...new Set([...WORDS.split(" "), ...LETTERS]),
  ...[...LETTERS].map((letter) => `##${letter}`),
];
const PAD = 0;
const [CLS, SEP] = [2, 3];

/** `tokenizer.json` of a tokenizer in the manner of BERT. */
export const tokenizerFile = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: VOCABULARY.slice(0, 5).map((content, id) => ({
    ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  })),
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [CLS], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [SEP], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    ...{ type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
    vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
  },
};

/** `config.json` beside it. */
export const configFile = {
  model_type: "bert",
  max_position_embeddings: MAX_TOKENS,
  pad_token_id: PAD,
  id2label: Object.fromEntries(LABELS.map((label, id) => [String(id), label])),
};

/** Weights that are the same in each run, by name. */
const weights = new Map<string, { dims: readonly number[]; values: Float32Array }>();
const SEED = 7;
let state = SEED;
function weight(name: string, ...dims: number[]): string {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  weights.set(name, { dims, values });
  return name;
}

/** An encoder of one layer with the inputs and the output of a BERT that was exported for text classification. */
export function smallBert(): Uint8Array {
  state = SEED;
  weights.clear();
  const nodes: GraphNode[] = [];
  const add = (op: string, inputs: string[], output: string, attributes: GraphNode["attributes"] = {}) => {
    nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  };
  const int = (value: number) => ({ type: "int", value }) as const;
  const words = add("Gather", [weight("words", VOCABULARY.length, WIDTH), "input_ids"], "word_vectors");
  const types = add("Gather", [weight("types", 2, WIDTH), "token_type_ids"], "type_vectors");
  const ones = add("Add", [add("Mul", ["input_ids", "zero"], "zeros"), "one"], "ones");
  const position = add("Sub", [add("CumSum", [ones, "one"], "counted"), "one"], "position");
  const places = add("Gather", [weight("places", MAX_TOKENS, WIDTH), position], "place_vectors");
  const sum = add("Add", [add("Add", [words, types], "partly"), places], "embedded");
  const normalized = add("LayerNormalization", [sum, weight("scale", WIDTH), weight("shift", WIDTH)], "normalized");
  const [query, key, value] = ["query", "key", "value"].map((name) =>
    add("MatMul", [normalized, weight(`${name}_weights`, WIDTH, WIDTH)], name),
  ) as [string, string, string];
  const transposed = add("Transpose", [key], "transposed", { perm: { type: "ints", value: [0, 2, 1] } });
  const masked = add("Unsqueeze", [add("Cast", ["attention_mask"], "mask", { to: int(1) }), "axis"], "wide_mask");
  const bias = add("Mul", [add("Sub", [masked, "float_one"], "absent"), "large"], "bias");
  const scores = add(
    "Softmax",
    [add("Add", [add("MatMul", [query, transposed], "products"), bias], "scores")],
    "shares",
  );
  const attended = add("Add", [add("MatMul", [scores, value], "context"), normalized], "attended");
  const inner = add("Relu", [add("MatMul", [attended, weight("inner", WIDTH, INNER)], "wide")], "bent");
  const layer = add("Add", [add("MatMul", [inner, weight("outer", INNER, WIDTH)], "narrow"), attended], "layer");
  const first = add("Gather", [layer, "zero"], "first", { axis: int(1) });
  add("MatMul", [add("Tanh", [first], "pooled"), weight("classes", WIDTH, LABELS.length)], "logits");
  const constants: Initializer[] = [
    { name: "one", type: "int64", dims: [], values: [1] },
    { name: "zero", type: "int64", dims: [], values: [0] },
    { name: "axis", type: "int64", dims: [1], values: [1] },
    { name: "float_one", dims: [], values: [1] },
    { name: "large", dims: [], values: [1e9] },
  ];
  return encodeModel({
    name: "small_bert",
    description: "A transformer for tests",
    inputs: ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
      ...{ name, type: "int64", shape: ["batch_size", "sequence_length"] },
    })),
    outputs: [{ name: "logits", type: "float", shape: ["batch_size", LABELS.length] }],
    nodes,
    initializers: [...constants, ...Array.from(weights, ([name, { dims, values }]) => ({ name, dims, values }))],
  });
}
