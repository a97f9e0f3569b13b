import { rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { type ModelMetadata, readMetadata } from "../../../../apps/registry/index.ts";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { readSentimentRows } from "../../../../apps/trainer/input/sentiment-rows.ts";
import { predictProbabilities } from "../../../../apps/trainer/learn/linear/logistic.ts";
import { randomSource } from "../../../../apps/trainer/learn/random.ts";
import { accuracy, mostProbable } from "../../../../apps/trainer/learn/scores.ts";
import { groupFolds } from "../../../../apps/trainer/learn/split.ts";
import { AFINN } from "../../../../apps/trainer/learn/text/afinn.ts";
import { numberNgrams } from "../../../../apps/trainer/learn/text/ngrams.ts";
import { computeFeatures } from "../../../../apps/trainer/learn/text/text-features.ts";
import { findColumns } from "../../../../apps/trainer/learn/text/vocabulary.ts";
import { classifyTexts, fitTextClassifier } from "../../../../apps/trainer/models/text-classifier.ts";
import { tokenize } from "../../../../apps/trainer/models/tokenize.ts";
import { sentiment } from "../../../../apps/trainer/tasks/sentiment.ts";
import { CLEAR_SENTENCES } from "../clear-sentences.ts";
import { largestDifference, temporaryDirectory, trainer } from "../support.ts";

const FILE = path.join(SAMPLES, "sentiment.csv");
const silent = { event: () => undefined };

describe("sentiment task", () => {
  const train = (ngrams: number) =>
    sentiment.train({ parameters: sentiment.parameters.parse({ ngrams }), seed: 42, file: FILE, log: silent });
  let words: Awaited<ReturnType<typeof train>>;
  let pairs: Awaited<ReturnType<typeof train>>;
  before(async () => {
    words = await train(1);
    pairs = await train(2);
  });

  const wrong = async (graph: Uint8Array, sentences: typeof CLEAR_SENTENCES) => {
    const probabilities = await classifyTexts(
      graph,
      sentences.map(({ text }) => text),
    );
    return sentences.filter(
      ({ sentiment: truth }, row) => (probabilities[row * 2 + 1] ?? 0) > 0.5 !== (truth === "positive"),
    );
  };

  it("predicts at least 80 % of the held-out rows correctly, with words and with pairs", () => {
    expect(words.accuracy).to.be.at.least(0.8);
    expect(pairs.accuracy)
      .to.be.at.least(0.8)
      .and.at.least(words.accuracy ?? 1);
  });

  it("predicts unambiguous sentences from outside the corpus correctly", async () => {
    expect(
      await wrong(
        words.graph,
        CLEAR_SENTENCES.filter(({ negated }) => !negated),
      ),
    ).to.deep.equal([]);
    expect(await wrong(pairs.graph, CLEAR_SENTENCES)).to.deep.equal([]);
  });

  it("gives two different versions: only pairs of words handle negation", async () => {
    const negations = CLEAR_SENTENCES.filter(({ negated }) => negated);
    expect(await wrong(words.graph, negations)).not.to.deep.equal([]);
    expect(pairs.metrics["features"]).to.be.above(2 * (words.metrics["features"] ?? 0));
  });

  it("ignores punctuation, case and the kind of apostrophe", async () => {
    const variants = ["Amazing, it doesn't fail", "AMAZING!!! (it doesn’t fail)", "…amazing—it “doesn't” fail?"];
    const [first, second, ...rest] = await classifyTexts(pairs.graph, variants);
    for (const [i, probability] of rest.entries())
      expect(probability).to.be.closeTo((i % 2 ? second : first) ?? -1, 1e-6);
  });

  it("predicts texts without known words, and empty texts", async () => {
    const probabilities = await classifyTexts(pairs.graph, ["", "!!!", "zzzz qqqq", "日本語"]);
    for (const probability of probabilities) expect(probability).to.be.within(0.2, 0.8);
    expect(probabilities[0]).to.equal(probabilities[2]);
    for (const { graph } of [words, pairs]) {
      const alone = await classifyTexts(graph, [""]);
      expect(alone).to.have.lengthOf(2);
      expect(largestDifference(alone, await classifyTexts(graph, ["!!! 日本語"]))).to.equal(0);
      expect(await classifyTexts(graph, ["good"])).to.have.lengthOf(2);
    }
  });

  it("exports a graph that agrees with its own predictions to 1e-5 on 10,000 random texts", async () => {
    const { texts, targets } = await readSentimentRows(FILE);
    const random = randomSource(1);
    const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? "";
    const words = texts.slice(0, 500).flatMap((text) => text.split(" "));
    const odd = [
      "don't",
      "DON’T",
      "naïve",
      "Ärger",
      "İstanbul",
      "ǅungla",
      "日本語",
      "x²",
      "𝒳",
      "1,000",
      "…",
      "—",
      "😀",
      "a\tb\nc",
    ];
    const unknown = () => random().toString(36).slice(2);
    const word = () => {
      const kind = random();
      return kind < 0.1 ? pick(odd) : kind < 0.2 ? unknown() : pick(words);
    };
    const made = Array.from({ length: 10_000 }, () =>
      Array.from({ length: Math.floor(random() * 12) }, word).join(" "),
    );
    for (const [ngrams, skips, minRows, lexicon] of [
      [1, 0, 1, AFINN],
      [2, 0, 1, AFINN],
      [2, 1, 2, AFINN],
      [2, 1, 2, undefined],
    ] as const) {
      const options = {
        ngrams,
        skips,
        minRows,
        inversePenalty: 3,
        description: "",
        ...(lexicon && { lexicon }),
      };
      const { vocabulary, model, graph } = await fitTextClassifier(
        texts.slice(0, 2000),
        targets.slice(0, 2000),
        2,
        options,
      );
      const found = numberNgrams(await tokenize(made), ngrams, skips);
      const features = computeFeatures(vocabulary.weights, findColumns(vocabulary, found), found);
      const own = predictProbabilities(model, features);
      const exported = await classifyTexts(graph, made);
      expect(largestDifference(own, exported)).to.be.at.most(1e-5);
    }
  });

  it("uses words of the lexicon that the training data does not contain, and their negation", async () => {
    const { texts } = await readSentimentRows(FILE);
    const known = new Set((await tokenize(texts)).tokens);
    const strange = [...AFINN].filter(([word]) => !known.has(word));
    const strongest = strange.filter(([, polarity]) => Math.abs(polarity) >= 0.6);
    expect(strongest.length).to.be.above(100);
    const probabilities = await classifyTexts(
      pairs.graph,
      strongest.map(([word]) => `It was ${word}`),
    );
    const right = strongest.filter(([, polarity], row) => (probabilities[row * 2 + 1] ?? 0) > 0.5 === polarity > 0);
    expect(right.length / strongest.length).to.be.above(0.95);
    const [not = 1, plain = 0] = (await classifyTexts(pairs.graph, ["It was not helpful", "It was helpful"])).filter(
      (_, i) => i % 2,
    );
    expect(not).to.be.below(0.5);
    expect(plain).to.be.above(0.5);
  });

  it("is more accurate on little data with the lexicon than without", async () => {
    const { texts, targets, groups } = await readSentimentRows(FILE);
    const [split] = groupFolds(groups, targets, 20, 3);
    const few = split?.test ?? [];
    const rest = (split?.train ?? []).filter((_, i) => i % 4 === 0);
    const score = async (lexicon?: typeof AFINN) => {
      const options = {
        ngrams: 2,
        skips: 0,
        minRows: 1,
        inversePenalty: 6,
        description: "",
        ...(lexicon && { lexicon }),
      };
      const own = few.map((row) => targets[row] ?? 0);
      const { graph } = await fitTextClassifier(
        few.map((row) => texts[row] ?? ""),
        own,
        2,
        options,
      );
      const answers = mostProbable(
        await classifyTexts(
          graph,
          rest.map((row) => texts[row] ?? ""),
        ),
        2,
      );
      return accuracy(
        answers,
        rest.map((row) => targets[row] ?? 0),
      );
    };
    const [without, withLexicon] = [await score(), await score(AFINN)];
    expect(without).to.be.above(0.55);
    expect(withLexicon).to.be.above(without + 0.05);
  });

  it("is published by the command line, with the same model for the same seed", async () => {
    const models = await temporaryDirectory();
    try {
      const runs = [];
      for (const seed of ["7", "7", "8"]) {
        runs.push(
          await trainer(["train", "--task", "sentiment", "--param", "ngrams=1", "--models", models, "--seed", seed]),
        );
      }
      expect(runs[0]).to.include({ code: 0, errors: "" });
      expect(runs[0]?.output).to.match(
        /^sentiment-classifier version 1 published\n {2}accuracy 0\.\d+, .* held-out rows of \d+\n/,
      );
      const versions: ModelMetadata[] = [];
      for (const version of ["1", "2", "3"]) versions.push(await readMetadata(models, "sentiment-classifier", version));
      const [first, second, third] = versions;
      expect(first?.artifact.sha256).to.equal(second?.artifact.sha256);
      expect(first?.data).to.include({ source: "sample:sentiment.csv" });
      expect(first?.hyperparameters).to.deep.equal({
        encoding: "auto",
        separator: "auto",
        decimal: "auto",
        missing: "",
        text_column: "",
        label_column: "",
        negative: "",
        positive: "",
        ngrams: 1,
        skips: 0,
        min_rows: 1,
        inverse_penalty: 6,
        lexicon: true,
        epochs: 200,
        refit: true,
      });
      expect(first?.accuracy).to.equal(second?.accuracy);
      expect(third?.accuracy, "another seed holds out other groups").not.to.equal(first?.accuracy);
    } finally {
      await rm(models, { recursive: true, force: true });
    }
  });
});
