import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import {
  indexFile,
  lineageOf,
  publishVersion,
  readIndex,
  readMetadata,
  readPublished,
  updateIndex,
  type VersionDescription,
  versionDirectory,
} from "../../apps/registry/index.ts";
import { describeVersion, temporaryDirectory } from "./registry-support.ts";

describe("promotion gate", () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryDirectory();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const publish = (version: string, change: Partial<VersionDescription>, model = "demo") =>
    publishVersion({ root, model, version, artifact: Buffer.from(version), description: describeVersion(change) });
  const classifier = (version: string, accuracy: number) => publish(version, { accuracy, metrics: { accuracy } });
  const regressor = (version: string, rmse: number) => publish(version, { metrics: { rmse } });

  it("publishes a worse version, and marks it in its metadata and in the index", async () => {
    await classifier("1", 0.9);
    await classifier("2", 0.8);
    expect(await readMetadata(root, "demo", "2")).to.deep.include({
      parent: "1",
      regression: { version: "1", metric: "accuracy", value: 0.8, previous: 0.9 },
    });
    expect(await readIndex(root)).to.deep.equal({
      models: [{ name: "demo", versions: ["1", "2"], latest: "1", regressions: [{ version: "2", than: "1" }] }],
    });
  });

  it("treats the newest version that is not a regression as the latest, with and without an index", async () => {
    const latest = async () => [await readPublished(root), await surveyed()].map(({ models }) => models[0]?.latest);
    const surveyed = async () => {
      await rm(indexFile(root));
      const found = await readPublished(root);
      await updateIndex(root);
      return found;
    };
    await classifier("1", 0.9);
    await classifier("2", 0.8);
    await classifier("3", 0.7);
    expect(await latest()).to.deep.equal(["1", "1"]);
    await classifier("4", 0.95);
    expect(await latest()).to.deep.equal(["4", "4"]);
    for (const version of ["1", "4"]) await rm(versionDirectory(root, "demo", version), { recursive: true });
    await updateIndex(root);
    expect(await latest(), "where nothing else is left").to.deep.equal(["3", "3"]);
  });

  it("does not mark the first version, or an equal or better one", async () => {
    for (const [version, accuracy] of [
      ["1", 0.8],
      ["2", 0.8],
      ["3", 0.9],
    ] as const)
      await classifier(version, accuracy);
    const marks = await Promise.all(["1", "2", "3"].map((version) => readMetadata(root, "demo", version)));
    expect(marks.map(({ parent, regression }) => [parent, regression])).to.deep.equal([
      [undefined, undefined],
      ["1", undefined],
      ["2", undefined],
    ]);
    expect((await readIndex(root)).models).to.deep.equal([{ name: "demo", versions: ["1", "2", "3"], latest: "3" }]);
  });

  it("compares with the newest version that is not a regression itself", async () => {
    for (const [version, accuracy] of [
      ["1", 0.9],
      ["2", 0.7],
      ["3", 0.8],
    ] as const)
      await classifier(version, accuracy);
    expect((await readMetadata(root, "demo", "3")).regression).to.include({ version: "1", previous: 0.9 });
  });

  it("compares models that predict numbers by their error: lower is better", async () => {
    await regressor("1", 2);
    await regressor("2", 1);
    await regressor("3", 1.5);
    expect((await readMetadata(root, "demo", "2")).regression).to.equal(undefined);
    expect((await readMetadata(root, "demo", "3")).regression).to.deep.equal({
      version: "2",
      metric: "rmse",
      value: 1.5,
      previous: 1,
    });
  });

  it("does not compare versions without a common metric", async () => {
    await classifier("1", 0.9);
    await regressor("2", 5);
    expect(await readMetadata(root, "demo", "2"))
      .to.include({ parent: "1" })
      .and.not.have.property("regression");
  });

  it("skips an invalid parent", async () => {
    await classifier("1", 0.9);
    await classifier("2", 0.95);
    await writeFile(path.join(root, "demo", "2", "metadata.json"), "{ torn");
    await classifier("3", 0.85);
    expect(await readMetadata(root, "demo", "3")).to.include({ parent: "1" });
  });

  it("compares a version below the highest with the next lower one", async () => {
    await classifier("1", 0.8);
    await classifier("5", 0.9);
    await classifier("3", 0.85);
    expect(await readMetadata(root, "demo", "3"))
      .to.include({ parent: "1" })
      .and.not.have.property("regression");
  });

  it("gives the lineage as one flat object", async () => {
    await classifier("1", 0.9);
    const metadata = await publish("2", {
      image: "registry.example.com/trainer:1@sha256:0123",
      job: { namespace: "ml", name: "train-2", pod: "train-2-x" },
      data: { source: "a.csv", sha256: "a".repeat(64), rows: 10, trainRows: 8, testRows: 2 },
    });
    expect(lineageOf(metadata)).to.deep.equal({
      commit: "unknown",
      trainedDate: "2026-01-01",
      artifact: metadata.artifact.sha256,
      data: "a".repeat(64),
      image: "registry.example.com/trainer:1@sha256:0123",
      job: "ml/train-2",
      parent: "1",
    });
  });
});
