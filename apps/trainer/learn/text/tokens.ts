import { NumberList } from "./number-list.ts";
import { TokenTable } from "./token-table.ts";

/** The tokens of texts by number, in the order of first appearance. */
export interface TokenRows {
  readonly rows: number;
  readonly tokens: readonly string[];
  /** Row i has the tokens `numbers[k]` for k from `starts[i]` up to, not including, `starts[i + 1]`. */
  readonly starts: Uint32Array;
  readonly numbers: Uint32Array;
}

/**
 * Splits texts into tokens and numbers them.
 *
 * @param split tokens, in lower case, of the texts that are not plain and therefore cannot be split here
 */
export function numberTokens(texts: readonly string[], split: ReadonlyMap<string, readonly string[]>): TokenRows {
  const table = new TokenTable();
  const numbers = new NumberList();
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, row) => {
    const tokens = split.get(text);
    if (tokens === undefined) table.add(text, numbers);
    else for (const token of tokens) numbers.push(table.numberOf(token));
    starts[row + 1] = numbers.length;
  });
  return { rows: texts.length, tokens: table.tokens, starts, numbers: numbers.view() };
}
