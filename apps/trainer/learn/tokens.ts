import { internal } from "../errors.ts";
import { openSession, runTexts, stringRows } from "../onnx/session.ts";
import { encodeTokenGraph, PADDING } from "../onnx/text-graph.ts";

/** Texts per run of the graph. */
const BLOCK = 128;

/**
 * The tokens of each text, as the exported graph makes them. Plain ASCII is divided here, where there is nothing to
 * interpret; any other text by the graph's own nodes in ONNX Runtime, whose tables of letters and cases are not
 * JavaScript's.
 */
export async function tokenise(texts: readonly string[]): Promise<string[][]> {
  const rows: string[][] = new Array(texts.length);
  const others: number[] = [];
  texts.forEach((text, row) => {
    if (isAscii(text)) rows[row] = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    else others.push(row);
  });
  if (others.length === 0) return rows;
  const session = await openSession(encodeTokenGraph());
  for (let from = 0; from < others.length; from += BLOCK) {
    const block = others.slice(from, from + BLOCK);
    const found = stringRows(
      await runTexts(
        session,
        block.map((row) => texts[row] ?? ""),
      ),
      "tokens",
    );
    if (found.length !== block.length) internal(`${block.length} texts gave ${found.length} rows of tokens`);
    found.forEach((tokens, at) => {
      rows[block[at] ?? 0] = tokens.filter((token) => token !== PADDING);
    });
  }
  await session.release();
  return rows;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}
