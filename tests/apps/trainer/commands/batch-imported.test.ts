import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { importModel } from "../../../../apps/inference/import/import-model.ts";
import { configFile, smallBert, tokenizerFile } from "../../inference/text/small-bert.ts";
import { temporaryDirectory, trainer } from "../support.ts";

const FIXTURES = path.join(import.meta.dirname, "../../inference/fixtures");

describe("batch-predict with a model from elsewhere", () => {
  let folder: string;
  let models: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    models = path.join(folder, "models");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const graph = (fixture: string) => path.join(FIXTURES, `${fixture}.onnx`);
  const imported = (given: string) => importModel({ given, models, name: "m" });

  /** Scores rows, and returns the lines of the output. */
  async function scored(rows: readonly object[]): Promise<readonly Record<string, unknown>[]> {
    const { code, errors } = await predict(rows);
    expect({ code, errors }).to.deep.equal({ code: 0, errors: "" });
    const lines = (await readFile(path.join(folder, "out.jsonl"), "utf8")).trim().split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  async function predict(rows: readonly object[]) {
    const input = path.join(folder, "rows.jsonl");
    await writeFile(input, rows.map((row) => JSON.stringify(row)).join("\n"));
    const args = ["--model=m", `--input=${input}`, `--output=${path.join(folder, "out.jsonl")}`];
    return trainer(["batch-predict", ...args], { env: { MODELS_DIR: models } });
  }

  /** The error of a run that must fail: one line. */
  async function refusal(rows: readonly object[] = [{ a: 1 }]): Promise<string> {
    const { code, errors } = await predict(rows);
    expect(code, errors).to.equal(1);
    expect(errors).to.match(/^error: [^\n]*\n$/);
    return errors.slice("error: ".length).trim();
  }

  it("verifies and reads weights in files of their own", async () => {
    const given = path.join(folder, "given");
    await mkdir(given);
    await cp(graph("weighted"), path.join(given, "model.onnx"));
    const weights = path.join(given, "weighted.data");
    await writeFile(weights, new Uint8Array(Float32Array.of(1, 2, 3).buffer));
    const { metadata } = await imported(given);
    const file = path.join(models, "m", metadata.version, "metadata.json");
    expect(await refusal()).to.equal(
      "m version 1 names 1 field for 3 columns: batch-predict cannot score it; list the columns as " +
        `signature.features in ${file}, in the order of the model's columns`,
    );
    await writeFile(
      file,
      JSON.stringify({ ...metadata, signature: { ...metadata.signature, features: ["a", "b", "c"] } }),
    );
    expect(
      await scored([
        { a: 1, b: 1, c: 1 },
        { c: 2, b: 0, a: 0.5 },
      ]),
    ).to.deep.equal([
      { a: 1, b: 1, c: 1, prediction: 6 },
      { c: 2, b: 0, a: 0.5, prediction: 6.5 },
    ]);
    const copy = path.join(models, "m", metadata.version, "weighted.data");
    await writeFile(copy, new Uint8Array(Float32Array.of(1, 2, 4).buffer));
    await rm(path.join(folder, "out.jsonl"));
    expect(await refusal()).to.include(`${copy} is corrupt: its SHA-256 is not the one in metadata.json`);
  });

  it("takes a field for each input, of numbers or texts, and gives labels as the graph names them", async () => {
    await imported(graph("columns"));
    const rows = [
      { city: "Paris", amount: 5 },
      { city: "Rome", amount: 5 },
    ];
    const lines = await scored(rows);
    expect(lines.map(({ prediction }) => prediction)).to.deep.equal(["large", "small"]);
    for (const { confidence } of lines) expect(confidence).to.be.within(0.99, 1);
    expect(await refusal([{ city: "Paris", amount: "much" }])).to.match(
      /rows\.jsonl, line 1, column amount: "much" is not a number$/,
    );
    expect(await refusal([{ amount: 1 }])).to.match(
      /column city is missing; the file has amount; required are amount, city$/,
    );
  });

  it("gives class numbers that do not begin at 0 as they are", async () => {
    await imported(graph("one-or-two"));
    const lines = await scored([{ x: -3 }, { x: 3 }]);
    expect(lines.map(({ prediction }) => prediction)).to.deep.equal(["1", "2"]);
    for (const { confidence } of lines) expect(confidence).to.be.within(0.99, 1);
  });

  it("is refused for a graph without metadata, with the command that gives it some", async () => {
    const place = path.join(models, "m", "1", "model.onnx");
    await mkdir(path.dirname(place), { recursive: true });
    await cp(graph("linear"), place);
    expect(await refusal()).to.equal(
      `${place} has no metadata.json beside it, so its columns are not known: npm run import -- ${place} --name m --models ${models}`,
    );
  });

  it("is refused for a transformer, which the server reads by its tokenizer", async () => {
    const given = path.join(folder, "given");
    await mkdir(given);
    await writeFile(path.join(given, "model.onnx"), smallBert());
    await writeFile(path.join(given, "tokenizer.json"), JSON.stringify(tokenizerFile));
    await writeFile(path.join(given, "config.json"), JSON.stringify(configFile));
    await imported(given);
    expect(await refusal([{ text: "good" }])).to.match(
      /^m version 1 is a transformer, .*: batch-predict cannot score it; send the texts to the server \(npm run serve\)/,
    );
  });
});
