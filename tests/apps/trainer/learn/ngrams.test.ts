import { expect } from "chai";
import { type Ngrams, numberNgrams } from "../../../../apps/trainer/learn/text/ngrams.ts";
import { PairTable } from "../../../../apps/trainer/learn/text/pair-table.ts";
import { tokenize } from "../../../../apps/trainer/models/tokenize.ts";

const ROWS = [["not", "good", "not", "good"], [], ["good"], ["so", "not", "so", "good"]];

const tokenized = () => tokenize(ROWS.map((tokens) => tokens.join(" ")));

function ngramText({ tokens, firsts, seconds }: Ngrams, number: number): string {
  const pair = number - tokens.length;
  return pair < 0 ? (tokens[number] ?? "") : `${tokens[firsts[pair] ?? 0]} ${tokens[seconds[pair] ?? 0]}`;
}

/** The n-grams of each row as text, with repetitions. */
function texts(ngrams: Ngrams): string[][] {
  return Array.from({ length: ngrams.rows }, (_, row) =>
    [...ngrams.occurrences.slice(ngrams.starts[row], ngrams.starts[row + 1])].map((n) => ngramText(ngrams, n)),
  );
}

describe("n-grams", () => {
  it("are the tokens of each row and their pairs, in order", async () => {
    const rows = await tokenized();
    expect(texts(numberNgrams(rows, 1, 3))).to.deep.equal(ROWS);
    const [first, second, third] = texts(numberNgrams(rows, 2, 0));
    expect(first?.toSorted()).to.deep.equal(["good", "good", "good not", "not", "not", "not good", "not good"]);
    expect([second, third]).to.deep.equal([[], ["good"]]);
    expect(texts(numberNgrams(rows, 2, 1))[3]).to.include.members(["so not", "so so", "not so", "not good", "so good"]);
  });

  it("are counted once per row", async () => {
    const ngrams = numberNgrams(await tokenized(), 2, 0);
    const counts = Object.fromEntries([...ngrams.rowCounts].map((count, n) => [ngramText(ngrams, n), count]));
    expect(counts).to.include({ not: 2, good: 3, so: 1, "not good": 1, "good not": 1, "so good": 1 });
  });

  it("may include more pairs than the initial capacity of the table", () => {
    const pairs = new PairTable();
    const numbers: number[] = [];
    for (let first = 0; first < 300; first++)
      for (let second = first % 7; second < 300; second += 7) numbers.push(pairs.numberOf(first, second));
    expect(numbers).to.deep.equal([...numbers.keys()]);
    for (const number of [0, 1, 5000, numbers.length - 1])
      expect(pairs.numberOf(pairs.firsts[number] ?? 0, pairs.seconds[number] ?? 0)).to.equal(number);
    expect(pairs.firsts.length).to.equal(numbers.length);
    expect([pairs.find(299, 5), pairs.find(1, 0), pairs.find(300, 300)]).to.deep.equal([
      numbers.length - 43,
      undefined,
      undefined,
    ]);
  });
});
