import { internal } from "../errors.ts";
import { isPlain } from "../learn/text/token-table.ts";
import { numberTokens, type TokenRows } from "../learn/text/tokens.ts";
import { openSession, runTexts, stringRows } from "../onnx/session.ts";
import { encodeTokenGraph, PADDING } from "../onnx/text-graph.ts";

/** Texts per run of the graph. */
const BLOCK = 128;

/**
 * Splits texts into the same tokens as the exported graph. Plain texts are split in JavaScript, which is faster; the
 * others by the graph's own nodes, because ONNX Runtime and JavaScript differ in their Unicode tables.
 */
export async function tokenize(texts: readonly string[]): Promise<TokenRows> {
  return numberTokens(texts, await splitInGraph(texts.filter((text) => !isPlain(text))));
}

/** The tokens of each text. */
async function splitInGraph(texts: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const split = new Map<string, readonly string[]>();
  if (texts.length === 0) return split;
  const session = await openSession(encodeTokenGraph());
  for (let from = 0; from < texts.length; from += BLOCK) {
    const block = texts.slice(from, from + BLOCK);
    const found = stringRows(await runTexts(session, block), "tokens");
    if (found.length !== block.length) internal(`${block.length} texts gave ${found.length} rows of tokens`);
    for (const [i, text] of block.entries()) {
      split.set(
        text,
        (found[i] ?? []).filter((token) => token !== PADDING),
      );
    }
  }
  await session.release();
  return split;
}
