import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { artifactFile, readMetadata } from "../../../../apps/registry/index.ts";
import { SAMPLES } from "../../../../apps/trainer/data/samples.ts";
import { addVectors, decodeVector, encodeVector } from "../../../../apps/trainer/learn/workers/vectors.ts";
import { classifyTexts } from "../../../../apps/trainer/models/text-classifier.ts";
import { artifactHash, fileAppears, startTrainer } from "../distributed-support.ts";
import { temporaryDirectory, trainer } from "../support.ts";

/** Number of workers in a run. */
const WORKERS = [0, 1, 2];

describe("distributed training of linear models", function () {
  this.timeout(300_000);
  let folder: string;
  let sentences: string;
  beforeEach(async () => {
    folder = await temporaryDirectory();
    sentences = path.join(folder, "sentences.csv");
    const lines = (await readFile(path.join(SAMPLES, "sentiment.csv"), "utf8")).split("\n");
    // Every eighth row of the sample data: enough for a model, and fast.
    await writeFile(sentences, lines.filter((_, i) => i % 8 === 0).join("\n"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const models = () => path.join(folder, "models");
  const training = (model: string, run: string) => [
    ...["train", "--models", models(), "--model", model, "--seed", "3"],
    ...(model === "iris" ? ["--task", "iris"] : ["--task", "sentiment", "--data", sentences]),
    ...["--workers", "3", "--run", run],
  ];
  const start = (model: string, run: string, worker: number) =>
    startTrainer([...training(model, run), "--worker", String(worker)]);

  async function distributed(model: string, run: string): Promise<void> {
    const ends = await Promise.all(WORKERS.map((worker) => start(model, run, worker).end));
    expect(ends.map(({ errors }) => errors).join("")).to.equal("");
    expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0]);
  }

  it("is within half a percentage point of the accuracy of one process, with nearly the same probabilities", async () => {
    const alone = training("words", "").slice(0, -4);
    expect(await trainer(alone)).to.include({ code: 0, errors: "" });
    await distributed("words", "r1");
    const [one, many] = await Promise.all(["1", "2"].map((version) => readMetadata(models(), "words", version)));
    if (!one || !many) throw new Error("a version is missing");
    expect(many.accuracy).to.be.closeTo(one.accuracy ?? 0, 0.005);
    const texts = (await readFile(sentences, "utf8")).split("\n").slice(1, 200);
    const [left, right] = await Promise.all(
      [one, many].map(async (metadata) => classifyTexts(await readFile(artifactFile(models(), metadata)), texts)),
    );
    left?.forEach((probability, i) => {
      expect(right?.[i]).to.be.closeTo(probability, 1e-3);
    });
  });

  it("gives the same model if any worker is killed at any step", async () => {
    await distributed("iris", "r1");
    const inRun = (name: string) => path.join(models(), ".runs", "iris", "r2", name);
    for (const [worker, mark] of [
      [2, "measure-1.2"],
      [1, "measure-1.1"],
    ] as const) {
      const killed = start("iris", "r2", worker);
      await fileAppears(inRun(mark), killed);
      killed.kill();
      await killed.end;
    }
    const others = [start("iris", "r2", 1), start("iris", "r2", 2)];
    const leader = start("iris", "r2", 0);
    await fileAppears(inRun("measure-3.merged"), leader);
    leader.kill();
    await leader.end;
    const ends = await Promise.all([start("iris", "r2", 0).end, ...others.map(({ end }) => end)]);
    expect(ends.map(({ code }) => code)).to.deep.equal([0, 0, 0]);
    expect(await artifactHash(models(), "iris", "2")).to.equal(await artifactHash(models(), "iris", "1"));
  });

  it("adds shares in the order of the workers", () => {
    const shares = [1e16, 1, -1e16].map((value) => encodeVector(Float64Array.of(value)));
    // In any other order, the sum would be 1 because of rounding.
    expect([...decodeVector(addVectors(shares))]).to.deep.equal([0]);
  });
});
