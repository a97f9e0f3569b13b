import { type Lexicon, pairPolarity } from "./lexicon.ts";
import type { Ngrams } from "./ngrams.ts";
import { PairTable } from "./pair-table.ts";

/** The n-grams that a text classifier uses: feature i is unigram i, or for i ≥ unigrams.length the pair i − unigrams.length. */
export interface Vocabulary {
  readonly unigrams: readonly string[];
  /** Indices in `unigrams` of the first and the second token of each pair; empty for a unigram model. */
  readonly firsts: Uint32Array;
  readonly seconds: Uint32Array;
  /** Maximum number of tokens between the two of a pair. */
  readonly skips: number;
  /** Inverse document frequency by feature, ln((1 + n) / (1 + df)) + 1 as scikit-learn smooths it. */
  readonly weights: Float32Array;
  /** Polarity of each feature in the lexicon, −1.5 to 1.5; 0 if it has none, and without a lexicon. */
  readonly polarities: Float32Array;
}

export interface VocabularyOptions {
  readonly skips: number;
  /** Minimum number of rows in which an n-gram has to occur. */
  readonly minRows: number;
  /** All its words are in the vocabulary, whether they occur in the rows or not. */
  readonly lexicon?: Lexicon;
}

/**
 * Chooses the vocabulary: the n-grams in the order of first appearance, then the words that only the lexicon has. `columns`
 * has the feature of each n-gram, −1 if it is not in the vocabulary.
 */
export function collectVocabulary(
  ngrams: Ngrams,
  options: VocabularyOptions,
): { readonly vocabulary: Vocabulary; readonly columns: Int32Array } {
  const { lexicon = new Map<string, number>(), skips, minRows } = options;
  const { rows, tokens, firsts, seconds, rowCounts } = ngrams;
  const columns = new Int32Array(rowCounts.length).fill(-1);
  const unigrams: string[] = [];
  const unseen = new Map(lexicon);
  const known: number[] = [];
  tokens.forEach((token, number) => {
    unseen.delete(token);
    if ((rowCounts[number] ?? 0) < minRows && !lexicon.has(token)) return;
    columns[number] = unigrams.length;
    unigrams.push(token);
    known.push(number);
  });
  for (const token of unseen.keys()) unigrams.push(token);
  // A pair occurs in no more rows than either of its tokens, so both tokens of a frequent pair are in the vocabulary.
  const pairs = firsts.map((_, pair) => tokens.length + pair).filter((number) => (rowCounts[number] ?? 0) >= minRows);
  pairs.forEach((number, i) => {
    columns[number] = unigrams.length + i;
  });
  const weights = new Float32Array(unigrams.length + pairs.length).fill(weightOf(rows, 0));
  const polarities = new Float32Array(weights.length);
  unigrams.forEach((token, column) => {
    polarities[column] = lexicon.get(token) ?? 0;
  });
  for (const number of known) weights[columns[number] ?? 0] = weightOf(rows, rowCounts[number] ?? 0);
  const columnsOf = (numbers: Uint32Array) => pairs.map((number) => columns[numbers[number - tokens.length] ?? 0] ?? 0);
  const vocabulary = { unigrams, firsts: columnsOf(firsts), seconds: columnsOf(seconds), skips, weights, polarities };
  pairs.forEach((number, i) => {
    const column = unigrams.length + i;
    weights[column] = weightOf(rows, rowCounts[number] ?? 0);
    if (lexicon.size === 0) return;
    const [first = "", second = ""] = pairText(vocabulary, i);
    polarities[column] = pairPolarity(lexicon, first, second);
  });
  return { vocabulary, columns };
}

/** The two tokens of a pair. */
export function pairText({ unigrams, firsts, seconds }: Vocabulary, pair: number): [string, string] {
  return [unigrams[firsts[pair] ?? 0] ?? "", unigrams[seconds[pair] ?? 0] ?? ""];
}

/** The feature of each n-gram of other texts; −1 if it is not in the vocabulary. */
export function findColumns({ unigrams, firsts, seconds }: Vocabulary, ngrams: Ngrams): Int32Array {
  const columnOfToken = new Map(unigrams.map((token, column) => [token, column]));
  const pairs = new PairTable();
  firsts.forEach((first, pair) => {
    pairs.numberOf(first, seconds[pair] ?? 0);
  });
  const columns = new Int32Array(ngrams.rowCounts.length).fill(-1);
  ngrams.tokens.forEach((token, number) => {
    columns[number] = columnOfToken.get(token) ?? -1;
  });
  ngrams.firsts.forEach((token, pair) => {
    const [first = -1, second = -1] = [columns[token], columns[ngrams.seconds[pair] ?? 0]];
    const found = first < 0 || second < 0 ? undefined : pairs.find(first, second);
    if (found !== undefined) columns[ngrams.tokens.length + pair] = unigrams.length + found;
  });
  return columns;
}

function weightOf(rows: number, count: number): number {
  return Math.log((1 + rows) / (1 + count)) + 1;
}
