import { mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { importModel } from "../../../../apps/inference/import/import-model.ts";
import { paddedBatches } from "../../../../apps/inference/model/text/padded-batches.ts";
import { readTokenizer } from "../../../../apps/inference/model/text/tokenizer.ts";
import { readVersion } from "../../../../apps/inference/repository/published.ts";
import { startEmpty } from "../support/by-hand.ts";
import { emptyRegistry } from "../support/registry.ts";
import { type TestServer, until } from "../support/server.ts";
import { configFile, LABELS, MAX_TOKENS, smallBert, tokenizerFile } from "./small-bert.ts";

const TEXTS = [
  "The movie was great!",
  "awful",
  "I hate this product, it is not good. Never again.",
  "日本 très bon 🙂",
  "a",
  "unbelievably bad service , bad food , bad movie",
];
const LONG = "good food ".repeat(40);

/** Writes a folder as Hugging Face's exporters do. */
async function write(root: string, name: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  const folder = path.join(root, name, "1");
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files))
    await writeFile(path.join(folder, file), JSON.stringify(content));
  await writeFile(path.join(folder, "model.onnx"), smallBert());
}

describe("the tokenizer beside a graph", () => {
  const tokenizer = readTokenizer(tokenizerFile, {}, MAX_TOKENS);
  const vocabulary = tokenizerFile.model.vocab;
  const ids = (tokens: string) => tokens.split(" ").map((token) => vocabulary[token]);

  it("gives the tokens of a text with the special ones around them", () => {
    const encoded = tokenizer.encode("The movié, gooda");
    expect(encoded.ids).to.deep.equal(ids("[CLS] the movie , good ##a [SEP]"));
    expect(encoded.types).to.deep.equal(encoded.ids.map(() => 0));
    expect(encoded.isTruncated).to.equal(false);
    // Each ideograph is a word, also those beyond 16 bits.
    expect(tokenizer.encode("日本𠀔𠀎").ids).to.deep.equal(ids("[CLS] 日 本 [UNK] [UNK] [SEP]"));
    expect(tokenizer.encode("").ids).to.deep.equal(ids("[CLS] [SEP]"));
    expect(tokenizer.padId).to.equal(vocabulary["[PAD]"]);
  });

  it("shortens a long text at its end, and keeps the special tokens", () => {
    const { ids: short, isTruncated } = tokenizer.encode(LONG);
    const words = Array.from({ length: MAX_TOKENS - 2 }, (_, index) => (index % 2 === 0 ? "good" : "food"));
    expect(short).to.deep.equal(ids(`[CLS] ${words.join(" ")} [SEP]`));
    expect(isTruncated).to.equal(true);
  });

  it("has the limit of the tokenizer, of its configuration or of the model, whichever is least", () => {
    expect(readTokenizer(tokenizerFile).maxTokens).to.equal(Infinity);
    expect(readTokenizer(tokenizerFile, { model_max_length: 1e30 }, 512).maxTokens).to.equal(512);
    expect(readTokenizer(tokenizerFile, { model_max_length: 128 }, 512).maxTokens).to.equal(128);
    expect(readTokenizer({ ...tokenizerFile, truncation: { max_length: 64 } }, {}, 512).maxTokens).to.equal(64);
  });
});

describe("batches of texts", () => {
  it("have each text once, with little padding", () => {
    const lengths = Array.from({ length: 200 }, (_, index) => 3 + ((index * 7919) % 500));
    const batches = paddedBatches(lengths);
    expect(batches.flat().sort((a, b) => a - b)).to.deep.equal(lengths.map((_, index) => index));
    const computed = batches.map((rows) => rows.length * Math.max(...rows.map((row) => lengths[row] ?? 0)));
    const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    expect(total(computed)).to.be.lessThan(1.25 * total(lengths) + 128 * batches.length);
    expect(batches.length).to.be.within(2, 30);
  });

  it("keep short texts together, and to the most rows of a run", () => {
    expect(paddedBatches([3, 9, 5, 4])).to.have.lengthOf(1);
    expect(paddedBatches([3, 9, 5, 4], 1)).to.deep.equal([[0], [3], [2], [1]]);
    expect(paddedBatches([])).to.deep.equal([]);
  });
});

describe("a transformer with its tokenizer", () => {
  let server: TestServer;
  let expected: readonly { readonly label: string; readonly probabilities: readonly number[] }[];
  before(async () => {
    expected = await referenceAnswers([...TEXTS, LONG]);
    server = await startEmpty();
    const files = { "tokenizer.json": tokenizerFile, "config.json": configFile };
    await write(server.root, "sentiment-classifier", files);
    await until(async () => (await server.get("/v2/models/sentiment-classifier/ready")).status === 200);
  });
  after(() => server.stop());

  it("answers texts by /predict with label and probabilities, and says what was truncated", async () => {
    const requests = [...TEXTS, LONG].map((text) => ({ text }));
    const { status, body } = await server.post("/models/sentiment-classifier/predict", requests);
    expect(status, JSON.stringify(body)).to.equal(200);
    for (const [index, answer] of body.entries()) {
      const { label, probabilities = [] } = expected[index] ?? {};
      expect(answer).to.include({ text: requests[index]?.text, sentiment: label, model: "sentiment-classifier" });
      expect(Object.keys(answer.probabilities)).to.deep.equal(LABELS);
      expectClose(Object.values(answer.probabilities), probabilities);
      expect(answer.confidence).to.equal(answer.probabilities[label ?? ""]);
      expect(answer.truncated).to.equal(index === TEXTS.length ? true : undefined);
    }
  });

  it("gives the same text the same answer alone, and beside longer ones", async () => {
    for (const [index, text] of TEXTS.entries()) {
      const { body } = await server.post("/models/sentiment-classifier/predict", { text });
      expectClose(Object.values(body.probabilities), expected[index]?.probabilities ?? []);
    }
  });

  it("answers by the protocols of TensorFlow Serving and KServe", async () => {
    const v1 = await server.post("/v1/models/sentiment-classifier:predict", {
      instances: TEXTS.map((text) => ({ text })),
    });
    expect(v1.status, JSON.stringify(v1.body)).to.equal(200);
    expect(v1.body.predictions).to.have.lengthOf(TEXTS.length);
    expectClose(v1.body.predictions[2].probabilities, expected[2]?.probabilities ?? []);
    expect(JSON.stringify(v1.body.predictions[2])).to.include(`"${expected[2]?.label}"`);
    const data = [...TEXTS, LONG];
    const inputs = [{ name: "text", shape: [data.length, 1], datatype: "BYTES", data }];
    const v2 = await server.post("/v2/models/sentiment-classifier/infer", { inputs });
    expect(v2.status, JSON.stringify(v2.body)).to.equal(200);
    const output = (name: string) => v2.body.outputs.find((one: { name: string }) => one.name === name);
    expect(output("label").data).to.deep.equal(expected.map(({ label }) => label));
    expectClose(
      output("probabilities").data,
      expected.flatMap(({ probabilities }) => probabilities),
    );
    expect(output("truncated").data).to.deep.equal(data.map((text) => text === LONG));
  });

  it("describes itself by texts", async () => {
    const { body } = await server.get("/v2/models/sentiment-classifier");
    expect(body.inputs).to.deep.equal([{ name: "text", datatype: "BYTES", shape: [-1, 1] }]);
    expect(body.outputs.map(({ name }: { name: string }) => name)).to.deep.equal([
      "label",
      "probabilities",
      "truncated",
    ]);
  });

  it("shares runs between requests", async () => {
    expect(server.log.join("")).to.not.include("requests are not batched");
    const answers = await Promise.all(
      TEXTS.map((text) => server.post("/models/sentiment-classifier/predict", { text })),
    );
    for (const [index, { body }] of answers.entries()) {
      expectClose(Object.values(body.probabilities), expected[index]?.probabilities ?? []);
    }
  });

  it("is not served with a tokenizer that cannot be used, and says why", async () => {
    await write(server.root, "broken", { "tokenizer.json": { model: { type: "Unheard" } }, "config.json": configFile });
    const reasons = () => server.log.flatMap((line): string[] => JSON.parse(line).reason ?? []);
    const isFinal = (name: string) => (text: string) => text.includes(name) && !text.includes("is being written");
    expect(await until(() => reasons().find(isFinal("broken")))).to.match(/tokenizer\.json cannot be used: /);
    await write(server.root, "unlabeled", { "tokenizer.json": tokenizerFile, "config.json": { id2label: { 0: "A" } } });
    expect(await until(() => reasons().find(isFinal("unlabeled")))).to.include(
      "the graph has 3 classes, there are 1 labels: give id2label in config.json",
    );
  });
});

describe("npm run import of a transformer", () => {
  it("takes the tokenizer along, also from beside the folder of the graph, and prints a request with a text", async () => {
    const { root, remove } = await emptyRegistry();
    try {
      const given = path.join(root, "given");
      await write(given, "exported", { "tokenizer.json": tokenizerFile, "config.json": configFile });
      await mkdir(path.join(given, "exported", "1", "onnx"));
      await rename(
        path.join(given, "exported", "1", "model.onnx"),
        path.join(given, "exported", "1", "onnx", "model.onnx"),
      );
      const models = path.join(root, "models");
      const imported = await importModel({ given: path.join(given, "exported", "1"), models, name: "m" });
      expect(imported.metadata.signature).to.deep.include({ kind: "text-classification", labels: LABELS });
      expect(imported.example).to.deep.equal({ path: "/models/m/predict", body: { text: "a text" } });
      expect(imported.notes).to.deep.equal([]);
      const { metadata, text } = await readVersion(models, "m", "1");
      expect(metadata.signature).to.deep.include({ kind: "text-classification", inputs: [], labels: LABELS });
      expect(text?.config).to.deep.equal(configFile);
    } finally {
      await remove();
    }
  });
});

/** What the graph says about each text alone, without padding. */
async function referenceAnswers(texts: readonly string[]) {
  const session = await InferenceSession.create(Buffer.from(smallBert()));
  const tokenizer = readTokenizer(tokenizerFile, {}, MAX_TOKENS);
  const answers: { label: string; probabilities: number[] }[] = [];
  for (const text of texts) {
    const { ids } = tokenizer.encode(text);
    const tensor = (value: (id: number) => number) =>
      new Tensor(
        "int64",
        BigInt64Array.from(ids, (id) => BigInt(value(id))),
        [1, ids.length],
      );
    const { logits } = await session.run({
      input_ids: tensor((id) => id),
      attention_mask: tensor(() => 1),
      token_type_ids: tensor(() => 0),
    });
    const exponentials = Array.from(logits?.data as Float32Array, Math.exp);
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const probabilities = exponentials.map((one) => one / sum);
    answers.push({ label: LABELS[probabilities.indexOf(Math.max(...probabilities))] ?? "", probabilities });
  }
  await session.release();
  return answers;
}

function expectClose(found: readonly unknown[], expected: readonly number[]): void {
  expect(found).to.have.lengthOf(expected.length);
  for (const [index, value] of found.entries()) expect(value).to.be.closeTo(expected[index] ?? Number.NaN, 1e-5);
}
