/** The n-grams a text classifier knows; feature i is unigram i, or bigram i − unigrams.length. */
export interface Vocabulary {
  readonly unigrams: readonly string[];
  /** Pairs of tokens in the order they appear in; empty for a unigram model. */
  readonly bigrams: readonly (readonly [string, string])[];
  /** A pair counts with up to this many tokens between the two. */
  readonly skips: number;
  /** Inverse document frequency by feature, ln((1 + n) / (1 + df)) + 1 as scikit-learn smooths it. */
  readonly weights: Float32Array;
}

export interface VocabularyOptions {
  /** 1: single tokens; 2: pairs of tokens as well. */
  readonly ngrams: number;
  readonly skips: number;
  /** An n-gram has to occur in at least this many rows. */
  readonly minRows: number;
}

/** Collects the n-grams of tokenised rows, in a fixed order (by length, then by code point). */
export function collectVocabulary(rows: readonly (readonly string[])[], options: VocabularyOptions): Vocabulary {
  const unigramRows = new Map<string, number>();
  const bigramRows = new Map<string, number>();
  for (const tokens of rows) {
    count(unigramRows, new Set(tokens));
    if (options.ngrams > 1) count(bigramRows, pairsOf(tokens, options.skips));
  }
  const unigrams = frequent(unigramRows, options.minRows);
  const bigrams = frequent(bigramRows, options.minRows);
  const frequencies = [
    ...unigrams.map((token) => unigramRows.get(token) ?? 0),
    ...bigrams.map((pair) => bigramRows.get(pair) ?? 0),
  ];
  return {
    unigrams,
    bigrams: bigrams.map(splitPair),
    skips: options.skips,
    weights: Float32Array.from(frequencies, (frequency) => Math.log((1 + rows.length) / (1 + frequency)) + 1),
  };
}

/** Tokens hold no space (they are letters and digits), so a pair is written with one between. */
function pairsOf(tokens: readonly string[], skips: number): Set<string> {
  const pairs = new Set<string>();
  tokens.forEach((first, position) => {
    for (const second of tokens.slice(position + 1, position + 2 + skips)) pairs.add(`${first} ${second}`);
  });
  return pairs;
}

function splitPair(pair: string): readonly [string, string] {
  const [first = "", second = ""] = pair.split(" ");
  return [first, second];
}

function count(counts: Map<string, number>, found: ReadonlySet<string>): void {
  for (const ngram of found) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
}

function frequent(counts: ReadonlyMap<string, number>, minRows: number): string[] {
  return [...counts].flatMap(([ngram, rows]) => (rows >= minRows ? [ngram] : [])).sort();
}
