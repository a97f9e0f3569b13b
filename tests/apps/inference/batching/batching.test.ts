import { expect } from "chai";
import { Batcher } from "../../../../apps/inference/batching/batcher.ts";
import { createBatchingState } from "../../../../apps/inference/batching/state.ts";
import type { Model } from "../../../../apps/inference/model/model.ts";
import { onnxOpener } from "../../../../apps/inference/model/onnx.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";
import { fakeModel } from "../support/fake-model.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("concurrent requests", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("share runs of the model, no larger than the limit, and each gets its own answer", async () => {
    const model = fakeModel();
    server = await startTestServer({ model: "half-plus-two", open: model.open, env: { MAX_BATCH_SIZE: "8" } });
    const release = model.hold();
    const first = server.post("/predict", { instances: [-1] });
    await until(() => model.runs.length === 1);
    const values = Array.from({ length: 20 }, (_, index) => index);
    const waiting = values.map((x) => server.post("/predict", { instances: [x] }));
    await until(async () => /model_queue_depth\{[^}]*\} 20/.test((await server.get("/metrics")).body));
    release();
    const answers = await Promise.all(waiting);
    await first;
    expect(answers.map(({ body }) => body.predictions[0])).to.deep.equal(values.map((x) => x / 2 + 2));
    expect(model.runs.map((rows) => rows.length)).to.deep.equal([1, 8, 8, 4]);
  });

  it("succeed even if the model rejects one of them", async () => {
    const model = fakeModel(13);
    server = await startTestServer({ model: "half-plus-two", open: model.open });
    const release = model.hold();
    const first = server.post("/predict", { instances: [-1] });
    await until(() => model.runs.length === 1);
    const waiting = [12, 13, 14].map((x) => server.post("/predict", { instances: [x] }));
    await until(async () => /model_queue_depth\{[^}]*\} 3/.test((await server.get("/metrics")).body));
    release();
    await first;
    const [before, spoilt, after] = await Promise.all(waiting);
    expect(before?.body.predictions).to.deep.equal([8]);
    expect(after?.body.predictions).to.deep.equal([9]);
    expect(spoilt?.status).to.equal(500);
    expect(spoilt?.body.error).to.include({
      code: "model_error",
      message: "the model could not answer this request",
    });
    expect(JSON.stringify(spoilt?.body)).not.to.match(/cannot take|at /);
    expect(server.log.join("")).to.include("the graph cannot take this row");
  });

  it("each get the outputs that they need, even if others in the run need different ones", async () => {
    const asked: (readonly string[] | undefined)[] = [];
    server = await startTestServer({
      model: "iris",
      open: async (metadata, artifact) => {
        const model = await onnxOpener(1)(metadata, artifact);
        const run = model.run.bind(model);
        model.run = (inputs, wanted) => {
          asked.push(wanted);
          return run(inputs, wanted);
        };
        return model;
      },
    });
    const flower = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    const tensor = { name: "x", datatype: "FP32", shape: [1, 4], data: Object.values(flower) };
    await server.post("/predict", flower);
    expect(asked.at(-1)).to.deep.equal(["label"]);
    const [named, raw] = await Promise.all([
      Promise.all(Array.from({ length: 20 }, () => server.post("/predict", flower))),
      Promise.all(Array.from({ length: 20 }, () => server.post("/v2/models/iris/infer", { inputs: [tensor] }))),
    ]);
    for (const { body } of named) {
      expect(body).to.deep.equal({ species_index: 0, species_name: "setosa" });
    }
    for (const { body } of raw) {
      expect(body.outputs.map(({ name }: { name: string }) => name)).to.deep.equal(["label", "probabilities"]);
    }
  });
});

describe("one request among 64 that the model rejects", () => {
  it("is isolated by bisection, and the others succeed", async () => {
    let runs = 0;
    const rowsOf = (tensors: Tensors) => Array.from((tensors.get("x")?.data ?? []) as Float32Array);
    const model: Model = {
      metadata: undefined as unknown as Model["metadata"],
      ...{ batched: true, maxRows: Number.POSITIVE_INFINITY, ragged: false },
      run(inputs) {
        runs += 1;
        if (rowsOf(inputs).includes(41)) {
          throw new Error("not 41");
        }
        return inputs;
      },
      async close() {},
    };
    const batcher = new Batcher(model, { ...createBatchingState(), maxBatchSize: 64, maxQueueSize: 64 });
    const far = performance.now() + 600_000;
    const asked = Array.from({ length: 64 }, (_, index) => {
      const data = Float32Array.of(index);
      return batcher.submit(new Map([["x", { datatype: "FP32", shape: [1], data }]]), 1, far);
    });
    for (const [index, { status, ...outcome }] of (await Promise.allSettled(asked)).entries()) {
      expect(status, String(index)).to.equal(index === 41 ? "rejected" : "fulfilled");
      if ("value" in outcome) {
        expect(rowsOf(outcome.value)).to.deep.equal([index]);
      }
    }
    expect(runs).to.equal(1 + 2 * Math.log2(64));
  });
});
