import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { readTokenizer } from "../../../../apps/inference/model/text/tokenizer.ts";
import { python } from "../../../support/python.ts";

const SAMPLE = path.join(import.meta.dirname, "../../../../apps/trainer/data/sentiment.csv");
const SHORT = 16;

/** First and last code points of what the random texts are made of. */
const SCRIPTS: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0xa1, 0x17f],
  [0x300, 0x320],
  [0x391, 0x3c9],
  [0x410, 0x44f],
  [0x5d0, 0x5ea],
  [0x621, 0x64a],
  [0x905, 0x94d],
  [0xe01, 0xe3a],
  [0x10d0, 0x10f0],
  [0x3041, 0x30fe],
  [0x4e00, 0x4eff],
  [0xac00, 0xacff],
  [0x1f300, 0x1f64f],
  [0x2000, 0x206f],
  [0x20000, 0x2001f],
];

const BY_HAND = [
  ...["", " ", "\n", "\t\t", "a", "A", "é", "é", "ﬁ", "①", "ß", "İ", "ſ", "👩‍👩‍👧‍👦", "🇩🇪🇫🇷", "👍🏽", "☕️"],
  ...["don't", "it's", "we'll've", "U.S.A.", "3.14", "1,000,000", "a-b_c", "http://example.com/?a=b&c", "e-mail@host"],
  ...[
    "日本語のテキスト",
    "中文文本",
    "한국어",
    "नमस्ते दुनिया",
    "مرحبا بالعالم",
    "שלום עולם",
    "สวัสดี",
    "Привет, мир",
    "Γειά σου",
  ],
  ...["[CLS]", "[SEP] x", "<s>", "<mask> y </s>", "[unk]", "##ing", "▁a", "Ġa"],
  ...["\u0000", "a\u200bb", "a\u00a0b", "a\u3000b", "\ufeffa", "a\u2028b", "a\r\nb", "\u0301", "x".repeat(300)],
];

/** Texts of many scripts that are the same in each run. */
function texts(count: number): string[] {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: next(12) }, () => {
      const [first, last] = SCRIPTS[next(SCRIPTS.length)] ?? [97, 122];
      return String.fromCodePoint(...Array.from({ length: 1 + next(8) }, () => first + next(last - first + 1)));
    });
    return words.join([" ", "", "  ", ", "][next(4)]);
  });
}

/** A family's tokenizer by the reference, and what it makes of the texts. */
interface Reference {
  readonly file: object;
  readonly ids: readonly (readonly number[])[];
  readonly short: readonly (readonly number[])[];
}

describe("tokenizers of the families", () => {
  it("agree with the reference implementation on a few thousand texts", async function () {
    const interpreter = await python(this, "tokenizers");
    const corpus = (await readFile(SAMPLE, "utf8")).split("\n");
    const all = [...BY_HAND, ...corpus.slice(1, 1000), ...texts(2000), corpus.slice(0, 200).join(" ")];
    const input = JSON.stringify({ corpus, texts: all });
    const script = path.join(import.meta.dirname, "reference.py");
    const output = execFileSync(interpreter, [script], { input, maxBuffer: 1 << 28, encoding: "utf8" });
    const families = JSON.parse(output) as Readonly<Record<string, Reference>>;
    expect(Object.keys(families)).to.have.lengthOf(4);
    for (const [name, { file, ids, short }] of Object.entries(families)) {
      const [tokenizer, shortening] = [readTokenizer(file), readTokenizer(file, { model_max_length: SHORT })];
      const wrong = all.filter((text, index) => String(tokenizer.encode(text).ids) !== String(ids[index]));
      expect(
        wrong.map((text) => JSON.stringify(text.slice(0, 100))),
        name,
      ).to.deep.equal([]);
      const cut = all.filter((text, index) => String(shortening.encode(text).ids) !== String(short[index]));
      expect(
        cut.map((text) => JSON.stringify(text.slice(0, 100))),
        `${name}, truncated`,
      ).to.deep.equal([]);
    }
  });
});
