import { expect } from "chai";
import { topClasses } from "../../../../apps/inference/protocols/v2/classification.ts";
import { startRepository, type TestServer } from "../support/server.ts";

describe("Triton's extensions of /v2", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["iris", "image", "words", "one-or-two", "half-plus-two"], { MAX_BATCH_SIZE: "32" });
  });
  after(() => server.stop());

  const row = { name: "x", datatype: "FP32", shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] };

  it("describe a model's configuration, without the batch dimension", async () => {
    const { status, body } = await server.get("/v2/models/iris/config");
    expect(status).to.equal(200);
    expect(body).to.deep.include({
      name: "iris",
      platform: "onnxruntime_onnx",
      backend: "onnxruntime",
      max_batch_size: 32,
      input: [{ name: "x", data_type: "TYPE_FP32", dims: [4] }],
      output: [
        { name: "label", data_type: "TYPE_INT64", dims: [] },
        { name: "probabilities", data_type: "TYPE_FP32", dims: [3] },
      ],
      version_policy: { specific: { versions: [1] } },
    });
    expect((await server.get("/v2/models/iris/versions/1/config")).body).to.deep.equal(body);
    const words = await server.get("/v2/models/words/config");
    expect(words.body.input).to.deep.equal([{ name: "text", data_type: "TYPE_STRING", dims: [] }]);
  });

  it("describe a model without a batch dimension by max_batch_size 0 and all dimensions", async () => {
    const { body } = await server.get("/v2/models/image/config");
    expect(body.max_batch_size).to.equal(0);
    expect(body.input).to.deep.equal([{ name: "image", data_type: "TYPE_FP32", dims: [3, 2, 2] }]);
    expect(body).not.to.have.property("dynamic_batching");
  });

  it("count requests, rows, runs and their time", async () => {
    const path = "/v2/models/half-plus-two/stats";
    const before = (await server.get(path)).body.model_stats[0];
    const input = { name: "x", datatype: "FP32", shape: [2], data: [1, 2] };
    for (let count = 0; count < 3; count++) {
      await server.post("/v2/models/half-plus-two/infer", { inputs: [input] });
    }
    await server.post("/v2/models/half-plus-two/infer", { inputs: [] });
    const { status, body } = await server.get(path);
    expect(status).to.equal(200);
    expect(body.model_stats).to.have.length(1);
    const [after] = body.model_stats;
    expect(after).to.include({ name: "half-plus-two", version: "1" });
    expect(after.inference_count - before.inference_count).to.equal(6);
    expect(after.execution_count - before.execution_count).to.equal(3);
    expect(after.last_inference).to.be.within(Date.now() - 60_000, Date.now());
    expect(after.batch_stats).to.have.length(1).and.to.have.nested.property("[0].batch_size", 2);
    expect(after.batch_stats[0].compute_infer.count).to.equal(3);
    const { success, fail, queue, compute_input, compute_infer, compute_output } = after.inference_stats;
    expect(success.count).to.equal(3);
    expect(fail.count).to.equal(1);
    for (const { count, ns } of [success, queue, compute_input, compute_infer, compute_output]) {
      expect(count).to.equal(3);
      expect(ns).to.be.a("number").and.to.be.at.least(0);
    }
    expect(success.ns).to.be.greaterThan(compute_infer.ns);
    expect(fail.ns).to.be.greaterThan(0);
    expect((await server.get("/v2/models/half-plus-two/versions/1/stats")).body.model_stats).to.have.length(1);
    const all = await server.get("/v2/models/stats");
    const names = ["half-plus-two", "image", "iris", "one-or-two", "words"];
    expect(all.body.model_stats.map(({ name }: { name: string }) => name)).to.deep.equal(names);
  });

  it("are 404 for a model that is not served", async () => {
    for (const path of ["absent/config", "absent/stats", "iris/versions/2/config", "iris/versions/2/stats"]) {
      const { status, body } = await server.get(`/v2/models/${path}`);
      expect(status, path).to.equal(404);
      expect(body.error).to.include("is not served here");
    }
  });

  it("are listed in the server's metadata", async () => {
    const { body } = await server.get("/v2");
    expect(body.extensions).to.include.members(["classification", "model_configuration", "statistics"]);
  });

  it("return the highest classes of an output with their labels", async () => {
    const outputs = [{ name: "probabilities", parameters: { classification: 2 } }];
    const { status, body } = await server.post("/v2/models/iris/infer", { inputs: [row], outputs });
    expect(status).to.equal(200);
    const [output] = body.outputs;
    expect(output).to.include({ name: "probabilities", datatype: "BYTES" });
    expect(output.shape).to.deep.equal([1, 2]);
    expect(output.data[0]).to.match(/^[01]\.\d{6}:0:setosa$/);
    expect(output.data).to.have.length(2);
  });

  for (const [what, model, output, message] of [
    ["no whole number", "iris", { name: "label", parameters: { classification: 0.5 } }, "must be a number of classes"],
    ["zero", "iris", { name: "label", parameters: { classification: 0 } }, "must be a number of classes"],
    ["no number", "iris", { name: "label", parameters: { classification: true } }, "must be a number of classes"],
  ] as const) {
    it(`reject ${what} as a number of classes`, async () => {
      const { status, body } = await server.post(`/v2/models/${model}/infer`, { inputs: [row], outputs: [output] });
      expect(status).to.equal(422);
      expect(body.error).to.include("outputs[0].parameters.classification").and.to.include(message);
    });
  }
});

describe("the highest classes", () => {
  const tensor = (data: number[], shape: number[]) => ({
    datatype: "FP32" as const,
    shape,
    data: Float32Array.from(data),
  });

  it("are sorted by row, ties by index, NaN last", () => {
    const { shape, data } = topClasses(tensor([0.25, 0.5, 0.25, Number.NaN, 1, 2], [2, 3]), 9, true);
    expect(shape).to.deep.equal([2, 3]);
    expect(data).to.deep.equal([
      ...["0.500000:1", "0.250000:0", "0.250000:2"],
      ...["2.000000:2", "1.000000:1", "NaN:0"],
    ]);
  });

  it("keep all digits of integers, and need a label for each element", () => {
    const wide = { datatype: "INT64" as const, shape: [1, 2], data: BigInt64Array.of(2n ** 62n + 1n, 1n) };
    expect(topClasses(wide, 1, true, ["a"]).data).to.deep.equal(["4611686018427387905:0"]);
    expect(topClasses(tensor([1, 2], [2]), 1, false, ["a", "b"])).to.deep.include({
      shape: [1],
      data: ["2.000000:1:b"],
    });
    expect(topClasses(tensor([], [2, 0]), 3, true)).to.deep.include({ shape: [0, 0], data: [] });
  });
});
