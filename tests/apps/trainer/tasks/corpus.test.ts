import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { CORPUS, generateCorpus } from "../../../../apps/trainer/data/generate.ts";
import { readSentimentRows } from "../../../../apps/trainer/input/sentiment-rows.ts";
import { groupFolds } from "../../../../apps/trainer/learn/split.ts";
import { CLEAR_SENTENCES } from "../clear-sentences.ts";

describe("sentiment corpus", () => {
  it("is reproduced exactly from the frames", async () => {
    expect(await readFile(CORPUS, "utf8")).to.equal(generateCorpus());
  });

  it("has over 1,500 distinct sentences in several hundred groups, with balanced labels", async () => {
    const { texts, groups, targets } = await readSentimentRows(CORPUS);
    expect(new Set(texts).size).to.equal(texts.length).and.to.be.above(1500);
    expect(new Set(groups).size).to.be.above(500);
    const positive = targets.reduce((sum, target) => sum + target, 0) / targets.length;
    expect(positive).to.be.within(0.45, 0.55);
  });

  it("is split by group: every row on exactly one side, and no group on both", async () => {
    const { groups, targets } = await readSentimentRows(CORPUS);
    const folds = groupFolds(groups, targets, 5, 42);
    for (const { train, test } of folds) {
      const trained = new Set(train.map((row) => groups[row]));
      expect(test.filter((row) => trained.has(groups[row]))).to.deep.equal([]);
      expect(train.length + test.length).to.equal(groups.length);
      expect(test.length / groups.length).to.be.within(0.1, 0.3);
    }
    expect(folds.flatMap(({ test }) => test).sort((a, b) => a - b)).to.deep.equal([...groups.keys()]);
    expect(groupFolds(groups, targets, 5, 42), "seeded").to.deep.equal(folds);
    expect(groupFolds(groups, targets, 5, 43)).not.to.deep.equal(folds);
  });

  it("does not contain the sentences that test the model", async () => {
    const { texts } = await readSentimentRows(CORPUS);
    const known = new Set(texts.map(plain));
    expect(CLEAR_SENTENCES.filter(({ text }) => known.has(plain(text)))).to.deep.equal([]);
  });
});

function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, " ")
    .trim();
}
