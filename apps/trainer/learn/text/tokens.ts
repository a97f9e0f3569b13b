import { internal } from "../../errors.ts";
import { openSession, runTexts, stringRows } from "../../onnx/session.ts";
import { encodeTokenGraph, PADDING } from "../../onnx/text-graph.ts";
import { NumberList } from "./number-list.ts";
import { isPlain, TokenNumbers } from "./token-numbers.ts";

/** Texts per run of the graph. */
const BLOCK = 128;

/** The tokens of texts by number, in the order of first appearance. */
export interface TokenRows {
  readonly rows: number;
  readonly tokens: readonly string[];
  /** Row i has the tokens `numbers[k]` for k from `starts[i]` up to, not including, `starts[i + 1]`. */
  readonly starts: Uint32Array;
  readonly numbers: Uint32Array;
}

/**
 * Divides texts as the exported graph does. Plain ones are divided here; any other by the graph's own nodes in ONNX
 * Runtime, whose tables of letters and cases are not JavaScript's.
 */
export async function tokenise(texts: readonly string[]): Promise<TokenRows> {
  const divided = await divideInGraph(texts.filter((text) => !isPlain(text)));
  const known = new TokenNumbers();
  const numbers = new NumberList();
  const starts = new Uint32Array(texts.length + 1);
  texts.forEach((text, row) => {
    const tokens = divided.get(text);
    if (tokens === undefined) known.add(text, numbers);
    else for (const token of tokens) numbers.push(known.numberOf(token));
    starts[row + 1] = numbers.length;
  });
  return { rows: texts.length, tokens: known.tokens, starts, numbers: numbers.view() };
}

/** The tokens of each text. */
async function divideInGraph(texts: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const divided = new Map<string, readonly string[]>();
  if (texts.length === 0) return divided;
  const session = await openSession(encodeTokenGraph());
  for (let from = 0; from < texts.length; from += BLOCK) {
    const block = texts.slice(from, from + BLOCK);
    const found = stringRows(await runTexts(session, block), "tokens");
    if (found.length !== block.length) internal(`${block.length} texts gave ${found.length} rows of tokens`);
    for (const [i, text] of block.entries()) {
      divided.set(
        text,
        (found[i] ?? []).filter((token) => token !== PADDING),
      );
    }
  }
  await session.release();
  return divided;
}
