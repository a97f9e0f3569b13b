import { Tokenizer } from "@huggingface/tokenizers";
import { errorMessage } from "../../../registry/errors.ts";

/** The tokens of one text as a model takes them. */
export interface Encoded {
  readonly ids: readonly number[];
  /** Which of two texts a token belongs to; all 0 for a single one. */
  readonly types: readonly number[];
  /** Whether the text has more tokens than the model takes. */
  readonly isTruncated: boolean;
}

/** The parts of `tokenizer.json` that are read here; the library reads the rest. */
interface TokenizerFile {
  readonly truncation?: { readonly max_length?: number } | null;
  readonly padding?: { readonly pad_id?: number } | null;
}

/** A tokenizer that was read from the files that Hugging Face's exporters write. */
export interface TextTokenizer {
  /** Token that fills up shorter texts of a batch. */
  readonly padId: number;
  /** Most tokens of a text, with the special ones; Infinity if there is no limit. */
  readonly maxTokens: number;
  encode(text: string): Encoded;
}

/** Tokenizers without a limit write this or more. */
const NO_LIMIT = 1e9;
/** Names of the padding token, by family. */
const PAD_TOKENS = ["[PAD]", "<pad>", "<|endoftext|>"];

/**
 * Reads a tokenizer.
 *
 * @param file Content of `tokenizer.json`.
 * @param config Content of `tokenizer_config.json`. @default none
 * @param limit Most tokens that the model has positions for. @default no limit
 * @throws Error if it is not a tokenizer, or one of a kind that is not supported
 */
export function readTokenizer(
  file: object,
  config: Readonly<Record<string, unknown>> = {},
  limit = Infinity,
): TextTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(file, config);
  } catch (error) {
    throw new Error(`tokenizer.json cannot be used: ${errorMessage(error)}`);
  }
  const { truncation, padding } = file as TokenizerFile;
  const { model_max_length: configured, pad_token: padToken } = config;
  const maxTokens = Math.min(
    ...[limit, truncation?.max_length, configured].filter(
      (value): value is number => typeof value === "number" && value > 0 && value < NO_LIMIT,
    ),
  );
  const name = typeof padToken === "string" ? padToken : (padToken as { content?: string } | undefined)?.content;
  const padId =
    padding?.pad_id ??
    [...(name === undefined ? [] : [name]), ...PAD_TOKENS]
      .map((token) => tokenizer.token_to_id(token))
      .find((id) => id !== undefined) ??
    0;
  const prepare = separatesIdeographs(file)
    ? (text: string) => text.replace(RARE_IDEOGRAPHS, " $& ")
    : (text: string) => text;
  return { padId, maxTokens, encode: (text) => encode(tokenizer, prepare(text), maxTokens) };
}

/** Ideographs beyond 16 bits, which BERT's normalizer separates by blanks; the library does so only for shorter ones. */
const RARE_IDEOGRAPHS = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

function separatesIdeographs(file: object): boolean {
  const { normalizer } = file as { normalizer?: Normalizer | null };
  const all = normalizer?.type === "Sequence" ? (normalizer.normalizers ?? []) : [normalizer];
  return all.some((one) => one?.type === "BertNormalizer" && one.handle_chinese_chars !== false);
}

interface Normalizer {
  readonly type?: string;
  readonly handle_chinese_chars?: boolean;
  readonly normalizers?: readonly Normalizer[];
}

function encode(tokenizer: Tokenizer, text: string, maxTokens: number): Encoded {
  const { ids, token_type_ids: types } = tokenizer.encode(text, { return_token_type_ids: true });
  if (ids.length <= maxTokens) return { ids, types, isTruncated: false };
  // As the reference does: the text loses its end, the special tokens around it stay.
  const { ids: body } = tokenizer.encode(text, { add_special_tokens: false });
  const before = Math.max(0, startOf(body, ids));
  const after = ids.length - before - body.length;
  const kept = Math.max(0, maxTokens - before - after);
  const cut = (values: readonly number[]) => [
    ...values.slice(0, before + kept),
    ...values.slice(values.length - after),
  ];
  return { ids: cut(ids), types: cut(types), isTruncated: true };
}

/** Where the tokens of the text begin among those with the special ones. */
function startOf(body: readonly number[], ids: readonly number[]): number {
  const room = ids.length - body.length;
  for (let start = 0; start <= room; start++) {
    if (body.every((id, index) => ids[start + index] === id)) return start;
  }
  return -1;
}
