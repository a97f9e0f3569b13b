import { type Lexicon, pairPolarity } from "./lexicon.ts";

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
  /** 1: single tokens; 2: pairs of tokens as well. */
  readonly ngrams: number;
  readonly skips: number;
  /** An n-gram has to occur in at least this many rows. */
  readonly minRows: number;
  /** Its words are known whether they occur or not. */
  readonly lexicon?: Lexicon;
}

/** Collects the n-grams of tokenised rows, in a fixed order (by length, then by code point). */
export function collectVocabulary(rows: readonly (readonly string[])[], options: VocabularyOptions): Vocabulary {
  const { lexicon = new Map<string, number>(), skips, minRows } = options;
  const unigramRows = new RowCounts();
  const bigramRows = new RowCounts();
  for (const tokens of rows) {
    unigramRows.nextRow();
    for (const token of tokens) unigramRows.add(token);
    if (options.ngrams === 1) continue;
    bigramRows.nextRow();
    tokens.forEach((first, at) => {
      const last = Math.min(at + 1 + skips, tokens.length - 1);
      // Tokens hold no space (they are letters and digits), so a pair is written with one between.
      for (let next = at + 1; next <= last; next++) bigramRows.add(`${first} ${tokens[next]}`);
    });
  }
  const unigrams = [...new Set([...unigramRows.frequent(minRows), ...lexicon.keys()])].sort();
  const pairs = bigramRows.frequent(minRows).sort();
  const bigrams = pairs.map(splitPair);
  const frequencies = [...unigrams.map((token) => unigramRows.of(token)), ...pairs.map((pair) => bigramRows.of(pair))];
  return {
    unigrams,
    bigrams,
    skips,
    weights: Float32Array.from(frequencies, (frequency) => Math.log((1 + rows.length) / (1 + frequency)) + 1),
    polarities: Float32Array.from([
      ...unigrams.map((token) => lexicon.get(token) ?? 0),
      ...bigrams.map(([first, second]) => pairPolarity(lexicon, first, second)),
    ]),
  };
}

/** In how many rows each n-gram occurs. */
class RowCounts {
  readonly #entries = new Map<string, { rows: number; last: number }>();
  #row = 0;

  nextRow(): void {
    this.#row++;
  }

  add(ngram: string): void {
    const entry = this.#entries.get(ngram);
    if (entry === undefined) this.#entries.set(ngram, { rows: 1, last: this.#row });
    else if (entry.last !== this.#row) {
      entry.rows++;
      entry.last = this.#row;
    }
  }

  of(ngram: string): number {
    return this.#entries.get(ngram)?.rows ?? 0;
  }

  frequent(minRows: number): string[] {
    return [...this.#entries].flatMap(([ngram, { rows }]) => (rows >= minRows ? [ngram] : []));
  }
}

function splitPair(pair: string): readonly [string, string] {
  const [first = "", second = ""] = pair.split(" ");
  return [first, second];
}
