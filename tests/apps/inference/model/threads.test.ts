import { expect } from "chai";
import type { Model } from "../../../../apps/inference/model/model.ts";
import { threadOpener } from "../../../../apps/inference/model/threads/threaded.ts";
import { readVersion } from "../../../../apps/inference/repository/published.ts";
import { fakeModel } from "../support/fake-model.ts";
import { DATATYPES } from "../support/models.ts";
import { metadataOf, writeVersion } from "../support/registry.ts";
import { startRepository, startTestServer, type TestServer, until } from "../support/server.ts";
import { infer, postBinary } from "../support/tensors.ts";

/** Loop iterations of the model `slow` that take about three seconds on an idle core. */
const LONG = 40_000;
/** Loop iterations that take a little longer than any time limit of these tests. */
const SHORT = 2000;

const turns = (count: number) => ({ inputs: [{ name: "turns", datatype: "INT64", shape: [], data: [count] }] });

describe("a model whose runs are long", function () {
  this.timeout(180_000);
  let server: TestServer;
  afterEach(() => server.stop());

  /** Which came first: the response to a long run, or the last of ten probes sent one by one in the meantime. */
  async function race(): Promise<string> {
    let first = "";
    const long = infer(server.url, "slow", turns(LONG)).then(({ status, body }) => {
      first ||= "run";
      expect(status).to.equal(200);
      expect(body.outputs[0].data).to.deep.equal([LONG]);
    });
    for (let probe = 0; probe < 10; probe++) {
      expect((await server.get("/health")).status).to.equal(200);
    }
    first ||= "probes";
    await long;
    return first;
  }

  it("does not delay probes if every model has a thread", async () => {
    server = await startTestServer({ model: "slow", env: { THREAD_AFTER_MS: "0" } });
    expect(await race()).to.equal("probes");
  });

  it("is moved to a thread once its runs turn out to be long, and does not delay probes from then on", async () => {
    server = await startTestServer({ model: "slow", env: { THREAD_AFTER_MS: "20" } });
    await until(async () => {
      expect((await infer(server.url, "slow", turns(SHORT))).status).to.equal(200);
      return server.log.some((line) => line.includes("was moved to a thread of its own"));
    });
    expect(await race()).to.equal("probes");
  });

  it("does not delay another model", async () => {
    server = await startRepository(["slow", "half-plus-two"], { THREAD_AFTER_MS: "0" });
    let first = "";
    const long = infer(server.url, "slow", turns(LONG)).then(() => {
      first ||= "slow";
    });
    for (let request = 0; request < 10; request++) {
      const { body } = await server.post("/models/half-plus-two/predict", { instances: [1] });
      expect(body.predictions).to.deep.equal([2.5]);
    }
    first ||= "half-plus-two";
    await long;
    expect(first).to.equal("half-plus-two");
  });
});

describe("a model on a thread of its own", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("supports the same types as without a thread", async () => {
    server = await startTestServer({ model: "types", env: { THREAD_AFTER_MS: "0" } });
    const values = (datatype: string) =>
      datatype === "BYTES" ? ["ä", ""] : datatype === "BOOL" ? [true, false] : [1, 0];
    const inputs = DATATYPES.map((datatype) => ({
      name: datatype.toLowerCase(),
      datatype,
      shape: [1, 2],
      data: values(datatype),
    }));
    const { status, body } = await infer(server.url, "types", { inputs });
    expect(status).to.equal(200);
    for (const { datatype, data } of body.outputs) {
      expect(data, datatype).to.deep.equal(values(datatype));
    }
    const raw = Buffer.from(Float16Array.of(0.5, -2).buffer);
    const half = { name: "fp16", datatype: "FP16", shape: [1, 2], parameters: { binary_data_size: raw.length } };
    const rest = inputs.filter(({ datatype }) => datatype !== "FP16");
    const outputs = [{ name: "fp16_out", parameters: { binary_data: true } }];
    const answer = await postBinary(`${server.url}/v2/models/types/infer`, { inputs: [half, ...rest], outputs }, raw);
    expect([...answer.raw]).to.deep.equal([...raw]);
  });

  it("is not served if its signature does not match the graph, and gives the same reason as without a thread", async () => {
    server = await startTestServer({ model: "linear", published: [], wait: false, env: { THREAD_AFTER_MS: "0" } });
    const metadata = await metadataOf("linear", "1");
    const outputs = [{ name: "z", datatype: "FP32" as const, shape: [-1, 1] }];
    const wrong = { ...metadata, signature: { ...metadata.signature, outputs } };
    await writeVersion(server.root, "linear", "1", wrong);
    await until(() =>
      server.log.some((line) => /linear\/1: the graph has no output "z"; it has y$/.test(JSON.parse(line).reason)),
    );
    expect((await server.get("/ready")).status).to.equal(503);
  });

  it("gets its artifact by a transfer of memory, without a copy", async () => {
    server = await startTestServer({ model: "linear" });
    const { metadata, artifact } = await readVersion(server.root, "linear", "1");
    const model = await threadOpener(1)(metadata, artifact);
    await model.close();
    expect(artifact.byteLength).to.equal(0);
  });

  it("is opened again if it crashes", async () => {
    const fake = fakeModel();
    const { promise: crashed, resolve: crash } = Promise.withResolvers<void>();
    let opened = 0;
    server = await startTestServer({
      model: "half-plus-two",
      open: async (metadata, artifact): Promise<Model> => {
        opened += 1;
        const model = await fake.open(metadata, artifact);
        return opened === 1 ? { ...model, crashed } : model;
      },
    });
    crash();
    await until(async () => opened === 2 && (await server.post("/predict", { instances: [1] })).status === 200);
  });

  it("is opened again as soon as possible, and the server is not ready until then", async () => {
    const fake = fakeModel();
    const { promise: crashed, resolve: crash } = Promise.withResolvers<void>();
    let canOpen = true;
    let opened = 0;
    server = await startTestServer({
      model: "half-plus-two",
      open: async (metadata, artifact): Promise<Model> => {
        if (!canOpen) throw new Error("no memory");
        opened += 1;
        const model = await fake.open(metadata, artifact);
        return opened === 1 ? { ...model, crashed } : model;
      },
    });
    const loaded = async () => /^model_loaded (\d)$/m.exec((await server.get("/metrics")).body)?.[1];
    expect(await loaded()).to.equal("1");
    canOpen = false;
    crash();
    await until(async () => (await server.get("/ready")).status === 503);
    const { status, headers, body } = await server.post("/predict", { instances: [1] });
    expect([status, headers.get("retry-after"), body.error.code]).to.deep.equal([503, "1", "not_ready"]);
    expect(await loaded()).to.equal("0");
    await until(() => server.log.some((line) => line.includes("no memory")));
    canOpen = true;
    await until(async () => (await server.get("/ready")).status === 200);
    expect((await server.post("/predict", { instances: [1] })).status).to.equal(200);
    expect(await loaded()).to.equal("1");
  });
});
