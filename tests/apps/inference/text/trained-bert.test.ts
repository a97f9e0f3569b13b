import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { importModel } from "../../../../apps/inference/import/import-model.ts";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { readSentimentRows } from "../../../../apps/trainer/input/sentiment-rows.ts";
import { python } from "../../../support/python.ts";
import { CLEAR_SENTENCES } from "../../trainer/clear-sentences.ts";
import { startEmpty } from "../support/by-hand.ts";
import { type TestServer, until } from "../support/server.ts";

const SCRIPT = path.join(import.meta.dirname, "../../../../examples/transformer/train.py");
const CORPUS = path.join(SAMPLES, "sentiment.csv");
const MODEL = "sentiment-classifier";

/** What the script prints: what the trained network says, without the exported graph. */
interface Trained {
  readonly labels: readonly string[];
  readonly accuracy: number;
  readonly rows: number;
  readonly probabilities: readonly (readonly number[])[];
}

describe("a BERT that is trained, exported, imported and served", () => {
  let server: TestServer;
  before(async () => {
    server = await startEmpty();
  });
  after(() => server.stop());

  it("answers as the sentiment-classifier, with the probabilities of the network that was trained", async function () {
    const interpreter = await python(this, "small-bert");
    const { texts: corpus } = await readSentimentRows(CORPUS);
    const long = corpus.slice(0, 30).join(" ");
    const texts = [...corpus.filter((_, index) => index % 20 === 0), ...CLEAR_SENTENCES.map(({ text }) => text), long];
    const folder = path.join(server.root, "exported");
    const { stdout } = await execa(interpreter, [SCRIPT, CORPUS, folder], { input: JSON.stringify(texts) });
    const trained: Trained = JSON.parse(stdout);
    expect(trained.labels).to.deep.equal(["negative", "positive"]);
    expect(trained.rows).to.be.at.least(1000);
    // Two trainings differ by a few hundredths, since the tokenizer's training breaks ties by chance; guessing gives 0.5.
    expect(trained.accuracy).to.be.at.least(0.72);

    const { metadata, notes } = await importModel({ given: folder, models: server.root, name: MODEL });
    expect(notes).to.deep.equal([]);
    expect(metadata.signature).to.deep.include({ kind: "text-classification", labels: trained.labels });
    await until(async () => (await server.get(`/v2/models/${MODEL}/ready`)).status === 200);
    const url = `/models/${MODEL}/predict`;
    const { status, body } = await server.post(
      url,
      texts.map((text) => ({ text })),
    );
    expect(status, JSON.stringify(body)).to.equal(200);
    expect(body).to.have.lengthOf(texts.length);
    for (const [row, [negative = Number.NaN, positive = Number.NaN]] of trained.probabilities.entries()) {
      const { text, sentiment, confidence, probabilities } = body[row];
      expect(text).to.equal(texts[row]);
      expect(probabilities.negative, text).to.be.closeTo(negative, 1e-3);
      expect(probabilities.positive, text).to.be.closeTo(positive, 1e-3);
      expect(confidence).to.equal(Math.max(probabilities.negative, probabilities.positive));
      expect(confidence).to.equal(probabilities[sentiment]);
    }
    expect(body.map(({ truncated = false }) => truncated)).to.deep.equal(texts.map((text) => text === long));
    const clear = body.slice(-1 - CLEAR_SENTENCES.length, -1);
    const right = CLEAR_SENTENCES.filter(({ sentiment }, index) => clear[index].sentiment === sentiment);
    expect(right.length / CLEAR_SENTENCES.length).to.be.above(0.7);

    const one = await server.post(url, { text: "I loved every minute of it." });
    expect(one.body).to.include({ sentiment: "positive", model: MODEL, version: "1" });
    expect(Object.keys(one.body)).to.include.members(["text", "sentiment", "confidence", "model", "version"]);
    const graph = await readFile(path.join(server.root, MODEL, "1", "model.onnx"));
    expect(graph.equals(await readFile(path.join(folder, "model.onnx")))).to.equal(true);
  });
});
