import { appendFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import {
  artifactFile,
  indexFile,
  listVersions,
  METADATA_FILE,
  nextVersion,
  publishVersion,
  RegistryError,
  readIndex,
  readMetadata,
  updateIndex,
  VersionExistsError,
  verifyArtifact,
  versionDirectory,
} from "../../apps/registry/index.ts";
import { describeVersion, leftovers, temporaryDirectory } from "./registry-support.ts";

describe("registry", () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryDirectory();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const publish = (model: string, version: string, content = "graph") =>
    publishVersion({ root, model, version, artifact: Buffer.from(content), description: describeVersion() });

  it("publishes a version that can be read back and verified", async () => {
    const published = await publish("demo", "1");
    const read = await readMetadata(root, "demo", "1");
    expect(read).to.deep.equal(published);
    expect(await readFile(artifactFile(root, read), "utf8")).to.equal("graph");
    await verifyArtifact(root, read);
    expect(await leftovers(root)).to.deep.equal([]);
  });

  it("keeps an index of all models, with versions in numeric order", async () => {
    for (const version of ["9", "10", "2"]) await publish("b-model", version);
    await publish("a-model", "1");
    expect(await readIndex(root)).to.deep.equal({
      models: [
        { name: "a-model", versions: ["1"], latest: "1" },
        { name: "b-model", versions: ["2", "9", "10"], latest: "10" },
      ],
    });
    expect(await nextVersion(root, "b-model")).to.equal("11");
    expect(await nextVersion(root, "c-model")).to.equal("1");
  });

  it("never overwrites a version", async () => {
    await publish("demo", "1", "first");
    const failure = await publish("demo", "1", "second").catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(VersionExistsError);
    expect(String(failure)).to.include("demo version 1 exists already").and.include("never overwritten");
    expect(await readFile(path.join(root, "demo", "1", "model.onnx"), "utf8")).to.equal("first");
  });

  it("does not write into a folder that is not a version", async () => {
    await mkdir(path.join(root, "demo", "1"), { recursive: true });
    await writeFile(path.join(root, "demo", "1", "notes.txt"), "mine");
    const failure = await publish("demo", "1").catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(RegistryError);
    expect(String(failure)).to.include("has no metadata.json");
    expect((await publish("demo", "next")).version).to.equal("2");
  });

  it("detects a damaged graph, whether its length changed or not", async () => {
    const metadata = await publish("demo", "1");
    await writeFile(artifactFile(root, metadata), "grapf");
    const failure = await verifyArtifact(root, metadata).catch((error: unknown) => error);
    expect(String(failure)).to.include("is corrupt");
    await appendFile(artifactFile(root, metadata), "!");
    const { index, problems } = await updateIndex(root);
    expect(index.models).to.deep.equal([]);
    expect(problems[0]).to.include("has 6 bytes, not the 5");
  });

  it("reads what older releases wrote: artefact, worseThan and worse", async () => {
    const { artifact, ...metadata } = await publish("demo", "1");
    const regression = { version: "2", metric: "accuracy", value: 0.8, previous: 0.9 };
    const old = { ...metadata, artefact: artifact, worseThan: regression };
    await writeFile(path.join(versionDirectory(root, "demo", "1"), METADATA_FILE), JSON.stringify(old));
    expect(await readMetadata(root, "demo", "1")).to.deep.equal({ ...metadata, artifact, regression });
    const worse = [{ version: "1", than: "2" }];
    const model = { name: "demo", versions: ["1"], latest: "1" };
    await writeFile(indexFile(root), JSON.stringify({ models: [{ ...model, worse }] }));
    expect(await readIndex(root)).to.deep.equal({ models: [{ ...model, regressions: worse }] });
  });

  it("omits a version without its file from the index", async () => {
    await publish("demo", "1");
    const { artifact } = await publish("demo", "2");
    await rm(path.join(root, "demo", "2", artifact.file));
    await updateIndex(root);
    expect((await readIndex(root)).models).to.deep.equal([{ name: "demo", versions: ["1"], latest: "1" }]);
  });

  it("rebuilds an invalid index", async () => {
    await publish("demo", "1");
    await writeFile(indexFile(root), "{ torn");
    const failure = await readIndex(root).catch((error: unknown) => error);
    expect(String(failure)).to.include("is not JSON");
    await updateIndex(root);
    expect((await readIndex(root)).models).to.have.length(1);
  });

  it("does not rewrite a correct index", async () => {
    await publish("demo", "1");
    const before = await stat(indexFile(root));
    await updateIndex(root);
    expect((await stat(indexFile(root))).ino).to.equal(before.ino);
  });

  it("reads an empty volume as an index without models", async () => {
    expect(await readIndex(root)).to.deep.equal({ models: [] });
    expect(await listVersions(root, "demo")).to.deep.equal([]);
    const failure = await readMetadata(root, "demo", "1").catch((error: unknown) => error);
    expect(String(failure)).to.include("there is no version 1 of demo");
  });

  it("makes files readable for the server's group with any umask", async () => {
    const previous = process.umask(0o077);
    try {
      await publish("demo", "1");
    } finally {
      process.umask(previous);
    }
    const mode = async (...names: string[]) => ((await stat(path.join(root, ...names))).mode & 0o777).toString(8);
    expect(await mode("demo")).to.equal("755");
    expect(await mode("demo", "1")).to.equal("755");
    expect(await mode("demo", "1", "model.onnx")).to.equal("644");
    expect(await mode("demo", "1", "metadata.json")).to.equal("644");
    expect(await mode("registry")).to.equal("755");
    expect(await mode("registry", "models.json")).to.equal("644");
  });

  it("reports in one line why a path cannot be written", async () => {
    const file = path.join(root, "file");
    await writeFile(file, "");
    const failure = await publishVersion({
      root: file,
      model: "demo",
      version: "1",
      artifact: Buffer.from("graph"),
      description: describeVersion(),
    }).catch((error: unknown) => error);
    expect(String(failure)).to.equal(
      `RegistryError: cannot write ${file}/demo: a part of the path is a file, not a directory`,
    );
  });
});
