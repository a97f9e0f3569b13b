import { rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { type ModelMetadata, readMetadata } from "../../../apps/registry/index.ts";
import { readSentimentRows } from "../../../apps/trainer/input/sentiment-rows.ts";
import { predictProbabilities } from "../../../apps/trainer/learn/logistic.ts";
import { classifyTexts, computeFeatures, fitTextClassifier } from "../../../apps/trainer/learn/text-classifier.ts";
import { SAMPLES } from "../../../apps/trainer/samples.ts";
import { sentiment } from "../../../apps/trainer/tasks/sentiment.ts";
import { CLEAR_SENTENCES } from "./clear-sentences.ts";
import { temporaryDirectory, trainer } from "./support.ts";

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

  it("is right on at least 80 % of the rows of groups it has not seen, with words and with pairs", () => {
    expect(words.accuracy).to.be.at.least(0.8);
    expect(pairs.accuracy)
      .to.be.at.least(0.8)
      .and.at.least(words.accuracy ?? 1);
  });

  it("is right about clear sentences by strangers", async () => {
    expect(
      await wrong(
        words.graph,
        CLEAR_SENTENCES.filter(({ negated }) => !negated),
      ),
    ).to.deep.equal([]);
    expect(await wrong(pairs.graph, CLEAR_SENTENCES)).to.deep.equal([]);
  });

  it("makes two versions that really differ: pairs turn what words cannot", async () => {
    const negations = CLEAR_SENTENCES.filter(({ negated }) => negated);
    expect(await wrong(words.graph, negations)).not.to.deep.equal([]);
    expect(pairs.metrics["features"]).to.be.above(2 * (words.metrics["features"] ?? 0));
  });

  it("does not glue punctuation, case or the kind of apostrophe to words", async () => {
    const variants = ["Amazing, it doesn't fail", "AMAZING!!! (it doesn’t fail)", "…amazing—it “doesn't” fail?"];
    const [first, second, ...rest] = await classifyTexts(pairs.graph, variants);
    for (const [i, probability] of rest.entries())
      expect(probability).to.be.closeTo((i % 2 ? second : first) ?? -1, 1e-6);
  });

  it("answers for texts without a known word, and for empty ones", async () => {
    const probabilities = await classifyTexts(pairs.graph, ["", "!!!", "zzzz qqqq", "日本語"]);
    for (const probability of probabilities) expect(probability).to.be.within(0.2, 0.8);
    expect(probabilities[0]).to.equal(probabilities[2]);
  });

  it("exports a graph that agrees with its own predictions to 1e-5", async () => {
    const { texts, targets } = await readSentimentRows(FILE);
    for (const ngrams of [1, 2]) {
      const options = { ngrams, skips: 1, minRows: 2, inversePenalty: 3, maxIterations: 15, description: "" };
      const { vocabulary, model, graph } = await fitTextClassifier(
        texts.slice(0, 2000),
        targets.slice(0, 2000),
        2,
        options,
      );
      const own = predictProbabilities(model, await computeFeatures(vocabulary, texts));
      const exported = await classifyTexts(graph, texts);
      expect(exported.length).to.equal(own.length);
      expect(Math.max(...own.map((probability, i) => Math.abs(probability - (exported[i] ?? 9))))).to.be.below(1e-5);
    }
  });

  it("publishes through the command line, the same model for the same seed", async () => {
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
      expect(first?.artefact.sha256).to.equal(second?.artefact.sha256);
      expect(first?.data).to.include({ source: "sample:sentiment.csv" });
      expect(first?.hyperparameters).to.deep.equal({
        ngrams: 1,
        skips: 0,
        min_rows: 1,
        inverse_penalty: 3,
        refit: true,
      });
      expect(first?.accuracy).to.equal(second?.accuracy);
      expect(third?.accuracy, "another seed holds out other groups").not.to.equal(first?.accuracy);
    } finally {
      await rm(models, { recursive: true, force: true });
    }
  });
});
