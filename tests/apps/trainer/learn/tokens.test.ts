import { expect } from "chai";
import { isPlain } from "../../../../apps/trainer/learn/text/token-table.ts";
import type { TokenRows } from "../../../../apps/trainer/learn/text/tokens.ts";
import { tokenize } from "../../../../apps/trainer/models/tokenize.ts";
import { openSession, runTexts, stringRows } from "../../../../apps/trainer/onnx/session.ts";
import { encodeTokenGraph, PADDING } from "../../../../apps/trainer/onnx/text-graph.ts";

/** The tokens of each row. */
function byRow({ rows, tokens, starts, numbers }: TokenRows): string[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from(numbers.subarray(starts[row], starts[row + 1]), (number) => tokens[number] ?? "?"),
  );
}

/** The tokens of each text in the exported graph. */
async function graphTokens(texts: readonly string[]): Promise<string[][]> {
  const session = await openSession(encodeTokenGraph());
  const rows = stringRows(await runTexts(session, texts), "tokens");
  await session.release();
  return rows.map((row) => row.filter((token) => token !== PADDING));
}

describe("tokens", () => {
  it("are runs of letters or digits in lower case, each with one number", async () => {
    const found = await tokenize(["Not good, NOT  good!", "", "?!", "don’t: it's 2 good"]);
    expect(byRow(found)).to.deep.equal([["not", "good", "not", "good"], [], [], ["don", "t", "it", "s", "2", "good"]]);
    expect(found.tokens).to.deep.equal(["not", "good", "don", "t", "it", "s", "2"]);
  });

  it("match those of the exported graph for every character that is handled in JavaScript", async () => {
    const codes = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => code > 0);
    const characters = codes.map((code) => String.fromCharCode(code)).filter(isPlain);
    expect(characters.length).to.equal(0xff + 0x70);
    const texts = characters.flatMap((character) => [character, `B${character}Ab`, `${character} ${character}A`]);
    expect(byRow(await tokenize(texts))).to.deep.equal(await graphTokens(texts));
  });

  it("match those of the exported graph in any script, with one number for each token", async () => {
    const texts = ["naïve ÄRGER", "İstanbul naïve", "日本語 ärger", "x² 𝒳 x²", "Ωmega ωMEGA", "😀 a\tb\nc"];
    const found = await tokenize(texts);
    expect(byRow(found)).to.deep.equal(await graphTokens(texts));
    expect(new Set(found.tokens).size).to.equal(found.tokens.length);
  });

  it("stay distinct even if there are many of them", async () => {
    const words = Array.from({ length: 20_000 }, (_, i) => `w${i.toString(36)}`);
    const { tokens, numbers } = await tokenize([words.join(" "), words.toReversed().join(" ")]);
    expect(tokens).to.deep.equal(words);
    expect([...numbers]).to.deep.equal([...words.keys(), ...[...words.keys()].reverse()]);
  });
});
