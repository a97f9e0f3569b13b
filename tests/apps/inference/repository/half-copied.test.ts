import { copyFile, mkdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { METADATA_FILE, MODEL_FILE, TOKENIZER_FILE, versionDirectory } from "../../../../apps/registry/layout.ts";
import { startEmpty } from "../support/by-hand.ts";
import { layOut } from "../support/registry.ts";
import { type TestServer, until } from "../support/server.ts";

const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
const ANSWER = { species_index: 0, species_name: "setosa" };

describe("a version that another tool copies file by file", () => {
  let server: TestServer;
  /** A complete version outside of what is served, and the folder that it is copied to. */
  let from: string;
  let to: string;
  const start = async (env: Record<string, string>, settleMs: number) => {
    server = await startEmpty(env, { settleMs });
    from = await layOut(path.join(server.root, ".aside"), "iris", (written) => {
      const { kind, features, labels } = written.signature;
      return { ...written, signature: { kind, features, labels } };
    });
    to = versionDirectory(server.root, "iris", "1");
    await mkdir(to, { recursive: true });
  };
  afterEach(() => server?.stop());

  const copy = (name: string) => copyFile(path.join(from, name), path.join(to, name));
  const predict = async () => (await server.post("/predict", FLOWER)).body;
  const loads = () => server.log.filter((line) => line.includes('"version loaded"')).length;
  const reasons = () => server.log.flatMap((line): string[] => JSON.parse(line).reason ?? []);

  it("is served with its metadata at once, although its graph arrives first", async () => {
    await start({}, 60_000);
    await copy(MODEL_FILE);
    // As tools that keep times write it.
    await utimes(path.join(to, MODEL_FILE), new Date("2020-01-01"), new Date("2020-01-01"));
    await until(() => reasons().find((reason) => reason.includes("is being written: waiting until its files stay")));
    expect((await server.get("/ready")).status).to.equal(503);
    await copy(METADATA_FILE);
    await server.running.loaded;
    expect(await predict()).to.deep.equal(ANSWER);
    expect(loads()).to.equal(1);
  });

  for (const control of ["poll", "none"]) {
    it(`is served with its metadata once that arrives, long after the graph, with MODEL_CONTROL ${control}`, async () => {
      await start({ MODEL_CONTROL: control, MODEL_NAME: "iris", MODEL_VERSION: "1" }, 50);
      // Its first half alone is no graph.
      const graph = await readFile(path.join(from, MODEL_FILE));
      await writeFile(path.join(to, MODEL_FILE), graph.subarray(0, graph.length / 2));
      await until(() => reasons().find((reason) => reason.includes("is not an ONNX graph")));
      await copy(MODEL_FILE);
      await server.running.loaded;
      expect((await server.get("/v2/models/iris")).body.properties.trainedDate).to.equal("unknown");
      expect(await predict()).not.to.deep.equal(ANSWER);
      const metadata = await readFile(path.join(from, METADATA_FILE));
      await writeFile(path.join(to, METADATA_FILE), metadata.subarray(0, 20));
      await until(() => reasons().find((reason) => reason.includes("metadata.json is not JSON")));
      expect((await server.get("/ready")).status).to.equal(200);
      await copy(METADATA_FILE);
      await until(async () => (await predict()).species_name === "setosa");
    });
  }

  it("is served as it is without metadata, and stays so under MODEL_CONTROL none although its graph changes", async () => {
    await start({ MODEL_CONTROL: "none", MODEL_NAME: "iris", MODEL_VERSION: "1" }, 50);
    await copy(MODEL_FILE);
    await server.running.loaded;
    await writeFile(path.join(to, MODEL_FILE), "another graph");
    await sleep(300);
    expect((await server.get("/ready")).status).to.equal(200);
    expect(loads()).to.equal(1);
  });

  it("is opened again when its tokenizer arrives after its metadata", async () => {
    await start({}, 50);
    await copy(MODEL_FILE);
    await copy(METADATA_FILE);
    await server.running.loaded;
    // The folder of a tokenizer that is still being written is reported, and what is served stays.
    await writeFile(path.join(to, TOKENIZER_FILE), "{");
    await until(() => reasons().find((reason) => reason.includes(`${TOKENIZER_FILE} cannot be used`)));
    expect(await predict()).to.deep.equal(ANSWER);
  });
});
