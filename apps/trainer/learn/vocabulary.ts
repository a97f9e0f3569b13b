import { type Lexicon, pairPolarity } from "./lexicon.ts";
import type { Ngrams } from "./ngrams.ts";

/** The n-grams a text classifier knows; feature i is unigram i, or bigram i − unigrams.length. */
export interface Vocabulary {
  readonly unigrams: readonly string[];
  /** Pairs of tokens in the order they appear in; empty for a unigram model. */
  readonly bigrams: readonly (readonly [string, string])[];
  /** A pair counts with up to this many tokens between the two. */
  readonly skips: number;
  /** Inverse document frequency by feature, ln((1 + n) / (1 + df)) + 1 as scikit-learn smooths it. */
  readonly weights: Float32Array;
  /** What the lexicon says of a feature, −1.5 to 1.5; 0 where it says nothing, and without a lexicon. */
  readonly polarities: Float32Array;
}

export interface VocabularyOptions {
  readonly skips: number;
  /** An n-gram has to occur in at least this many rows. */
  readonly minRows: number;
  /** Its words are known whether they occur or not. */
  readonly lexicon?: Lexicon;
}

/** Chooses the n-grams to know, in the order of first appearance, the lexicon's own words after those of the rows. */
export function collectVocabulary(ngrams: Ngrams, options: VocabularyOptions): Vocabulary {
  const { lexicon = new Map<string, number>(), skips, minRows } = options;
  const { rows, tokens, firsts, seconds, rowCounts } = ngrams;
  const unigrams: string[] = [];
  const bigrams: (readonly [string, string])[] = [];
  const frequencies: number[] = [];
  const polarities: number[] = [];
  const unseen = new Map(lexicon);
  tokens.forEach((token, number) => {
    const count = rowCounts[number] ?? 0;
    unseen.delete(token);
    if (count < minRows && !lexicon.has(token)) return;
    unigrams.push(token);
    frequencies.push(count);
    polarities.push(lexicon.get(token) ?? 0);
  });
  for (const [token, polarity] of unseen) {
    unigrams.push(token);
    frequencies.push(0);
    polarities.push(polarity);
  }
  firsts.forEach((first, pair) => {
    const count = rowCounts[tokens.length + pair] ?? 0;
    if (count < minRows) return;
    const [one = "", other = ""] = [tokens[first], tokens[seconds[pair] ?? 0]];
    bigrams.push([one, other]);
    frequencies.push(count);
    polarities.push(pairPolarity(lexicon, one, other));
  });
  return {
    unigrams,
    bigrams,
    skips,
    weights: Float32Array.from(frequencies, (frequency) => Math.log((1 + rows) / (1 + frequency)) + 1),
    polarities: Float32Array.from(polarities),
  };
}
