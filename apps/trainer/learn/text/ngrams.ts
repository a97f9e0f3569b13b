import { PairTable } from "./pair-table.ts";
import type { TokenRows } from "./tokens.ts";

/**
 * The n-grams of tokenized texts by number, in the order of first appearance: n-gram i is token i, or for
 * i ≥ tokens.length the pair i − tokens.length.
 */
export interface Ngrams {
  readonly rows: number;
  readonly tokens: readonly string[];
  /** Numbers of the tokens of each pair. */
  readonly firsts: Uint32Array;
  readonly seconds: Uint32Array;
  /** Number of rows in which each n-gram occurs. */
  readonly rowCounts: Uint32Array;
  /** Row i has the n-grams `occurrences[k]` for k from `starts[i]` up to, not including, `starts[i + 1]`. */
  readonly starts: Uint32Array;
  readonly occurrences: Uint32Array;
}

/** Lists the n-grams of each row: its tokens and, if `ngrams` is 2, its pairs with up to `skips` tokens between them. */
export function numberNgrams(from: TokenRows, ngrams: number, skips: number): Ngrams {
  const { rows, tokens, numbers, starts: tokenStarts } = from;
  const reach = ngrams > 1 ? skips + 1 : 0;
  const pairs = new PairTable();
  const occurrences = new Uint32Array(numbers.length * (1 + reach));
  const starts = new Uint32Array(rows + 1);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    const end = tokenStarts[row + 1] ?? 0;
    for (let k = tokenStarts[row] ?? 0; k < end; k++) {
      const first = numbers[k] ?? 0;
      occurrences[at++] = first;
      for (let next = k + 1; next <= k + reach && next < end; next++)
        occurrences[at++] = tokens.length + pairs.numberOf(first, numbers[next] ?? 0);
    }
    starts[row + 1] = at;
  }
  const { firsts, seconds } = pairs;
  const rowCounts = countRows(starts, occurrences, tokens.length + firsts.length);
  return { rows, tokens, firsts, seconds, rowCounts, starts, occurrences: occurrences.subarray(0, at) };
}

function countRows(starts: Uint32Array, occurrences: Uint32Array, size: number): Uint32Array {
  const counts = new Uint32Array(size);
  const last = new Uint32Array(size);
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let k = starts[row] ?? 0; k < (starts[row + 1] ?? 0); k++) {
      const number = occurrences[k] ?? 0;
      if (last[number] === row + 1) continue;
      last[number] = row + 1;
      counts[number] = (counts[number] ?? 0) + 1;
    }
  }
  return counts;
}
