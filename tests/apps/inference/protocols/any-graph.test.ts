import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { saysOf, startEmpty } from "../support/by-hand.ts";
import { layOut, type Written } from "../support/registry.ts";
import { type TestServer, until } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

const ROW = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }] };
/** The weights of `external`: 1, 2, 3, 4. */
const WEIGHTS = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

/** What the log says about models that are not served as their files say. */
const notesOf = ({ log }: TestServer) => log.flatMap((line): string[] => JSON.parse(line).note ?? []);

describe("a graph from another tool", () => {
  let server: TestServer | undefined;
  afterEach(() => server?.stop());

  it("gives the label for the class number that the graph uses", async () => {
    server = await startEmpty();
    await layOut(server.root, "one-or-two");
    await server.running.loaded;
    const { body } = await server.post("/predict", [{ x: -3 }, { x: 3 }]);
    expect(body).to.deep.equal([
      { species_index: 0, species_name: "below" },
      { species_index: 1, species_name: "above" },
    ]);
  });

  it("is served even if its output for zeros is not finite", async () => {
    server = await startEmpty();
    await layOut(server.root, "ratio");
    await server.running.loaded;
    expect((await server.post("/predict", { features: [6, 2] })).body).to.deep.equal({ prediction: 3 });
    const { status, body } = await server.post("/predict", { features: [0, 0] });
    expect([status, body.error.code]).to.deep.equal([422, "not_finite"]);
  });

  it("is served at /predict although it rejects a row of zeros", async () => {
    server = await startEmpty();
    await layOut(server.root, "lookup", (written) => ({
      ...written,
      signature: { kind: "instances", inputs: [{ name: "ids", datatype: "INT64", shape: [-1, 2] }] },
    }));
    await server.running.loaded;
    expect((await server.post("/predict", { instances: [[1, 2]] })).status).to.equal(200);
  });

  it("asks for inputs in the signature if the graph does not declare their dimensions", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "shapeless", ({ signature: _, ...rest }) => rest);
    await saysOf(
      server,
      directory,
      /the graph does not say how many dimensions input "x" has: list the inputs in the signature/,
    );
    await layOut(server.root, "shapeless", (written) => ({
      ...written,
      signature: { kind: "tensors", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 3] }] },
    }));
    await server.running.loaded;
    const request = { inputs: [{ name: "x", datatype: "FP32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }] };
    expect((await infer(server.url, "shapeless", request)).body.outputs[0]).to.deep.include({ shape: [2, 3] });
  });

  it("is reported if none of its outputs can be served", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "only-sequences", ({ signature: _, ...rest }) => rest);
    await saysOf(
      server,
      directory,
      /none of the outputs \("parts"\) is a tensor of a type that can be served: export /,
    );
  });

  it("is served without outputs that are not tensors, which the log names and its signature must not", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "sequences", (written) => ({
      ...written,
      signature: { kind: "tensors", outputs: [{ name: "parts", datatype: "FP32", shape: [-1, 2] }] },
    }));
    await saysOf(server, directory, /sequences\/1: output "parts" is not a tensor .*remove it from the signature/);
    await layOut(server.root, "sequences", ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    const { body } = await infer(server.url, "sequences", ROW);
    expect(body.outputs).to.deep.equal([{ name: "y", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] }]);
    expect(notesOf(server)).to.deep.equal([
      'output "parts" is not served: it is not a tensor but a sequence, a map or an optional value: export the graph with ' +
        "tensors of numbers or strings instead",
    ]);
  });

  it("gives probabilities by class at /predict and /v1, and as a tensor at /v2, if it has a map", async () => {
    for (const threadAfterMs of ["100", "0"]) {
      server = await startEmpty({ THREAD_AFTER_MS: threadAfterMs });
      await layOut(server.root, "maps", ({ signature: _, ...rest }) => rest);
      await server.running.loaded;
      const answer = { y: [0.25, 0.75], maps: { "0": 0.25, "1": 0.75 } };
      const row = { x: [0.25, 0.75] };
      expect((await server.post("/predict", row)).body).to.deep.equal({ ...answer, y: answer.maps });
      expect((await server.post("/predict", [row, row])).body).to.have.lengthOf(2);
      expect((await server.post("/v1/models/maps:predict", { instances: [row] })).body.predictions).to.deep.equal([
        answer,
      ]);
      expect((await infer(server.url, "maps", ROW)).body.outputs).to.deep.equal([
        { name: "y", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] },
        { name: "maps", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] },
      ]);
      const labels = ["0", "1"];
      const { outputs } = (await server.get("/v2/models/maps")).body;
      expect(outputs[1]).to.deep.equal({ name: "maps", datatype: "FP32", shape: [-1, 2], labels });
      expect(notesOf(server)).to.deep.equal([]);
      await server.stop();
    }
    server = undefined;
  });

  it("names the classes of scores that are a tensor, by the graph's own names", async () => {
    server = await startEmpty();
    for (const model of ["chosen", "columns"] as const)
      await layOut(server.root, model, ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    await until(async () => (await server?.get("/v2/models"))?.body.models.length === 2);
    const labels = ["ham", "offer", "spam"];
    expect((await server.get("/v2/models/chosen")).body.outputs).to.deep.equal([
      { name: "label", datatype: "BYTES", shape: [-1] },
      { name: "scores", datatype: "FP32", shape: [-1, 3], labels },
    ]);
    const { label, scores } = (await server.post("/models/chosen/predict", { x: [0, 20, 0] })).body;
    expect(label).to.equal("offer");
    expect(Object.keys(scores)).to.deep.equal(labels);
    expect(scores.offer).to.be.closeTo(1, 1e-6);
    const input = { name: "x", datatype: "FP32", shape: [1, 3], data: [0, 20, 0] };
    const parameters = { classification: 1 };
    const top = await infer(server.url, "chosen", { inputs: [input], outputs: [{ name: "scores", parameters }] });
    expect(top.body.outputs[0].data).to.deep.equal(["1.000000:1:offer"]);
    const { outputs } = (await server.get("/v2/models/columns")).body;
    expect(outputs[1].labels).to.deep.equal(["large", "small"]);
    expect((await server.post("/models/columns/predict", { amount: 5, city: "Paris" })).body.label).to.equal("large");
  });

  it("is served if a map is its only output", async () => {
    server = await startEmpty();
    await layOut(server.root, "only-maps", ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    const { body } = await server.post("/v1/models/only-maps:predict", { instances: [[0.25, 0.75]] });
    expect(body.predictions).to.deep.equal([{ "0": 0.25, "1": 0.75 }]);
  });

  it("has a row of output for each row of input even if it declares a single one", async () => {
    server = await startEmpty();
    await layOut(server.root, "one-label", ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    const rows = [{ x: [1, 2] }, { x: [2, 1] }, { x: [0, 5] }];
    expect((await server.post("/predict", rows)).body).to.deep.equal([{ label: 1 }, { label: 0 }, { label: 1 }]);
    expect((await server.get("/v2/models/one-label")).body.outputs[0].shape).to.deep.equal([-1]);
    expect(server.log.join()).not.to.include("requests are not batched");
  });

  it("normalizes strings in a locale that is not installed", async () => {
    server = await startEmpty();
    await layOut(server.root, "lower", ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    const texts = ["GOOD Film", "ÄÖÜ", "ΑΣ", "ЖДИ"].map((text) => ({ text }));
    const lower = ["good film", "äöü", "ας", "жди"].map((text) => ({ lower: text.replace("ς", "σ") }));
    expect((await server.post("/predict", texts)).body).to.deep.equal(lower);
  });

  it("names the outputs that its signature omits", async () => {
    server = await startEmpty();
    await layOut(server.root, "maps");
    await server.running.loaded;
    expect(notesOf(server)).to.deep.equal(['output "maps" is not served: the signature does not list it']);
  });

  for (const [where, env] of [
    ["in the event loop", {}],
    ["on a thread", { THREAD_AFTER_MS: "0" }],
  ] as const) {
    it(`is served with weights in a separate file, ${where}`, async () => {
      server = await startEmpty(env);
      const aside = path.join(server.root, ".aside");
      const directory = await layOut(aside, "external", ({ signature: _, ...rest }) => rest);
      await writeFile(path.join(directory, "weights.bin"), WEIGHTS);
      await rename(path.join(aside, "external"), path.join(server.root, "external"));
      await server.running.loaded;
      // Nothing may use the file any more.
      await writeFile(path.join(server.root, "external", "1", "weights.bin"), "");
      const { body } = await infer(server.url, "external", ROW);
      expect(body.outputs[0].data).to.deep.equal([0.25 + 3 * 0.75, 2 * 0.25 + 4 * 0.75]);
      expect(notesOf(server).join()).to.match(/weights\.bin is not verified, because metadata\.json does not list it/);
    });
  }

  it("is reported if a file with its weights is missing or corrupt", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "external");
    const file = path.join(directory, "weights.bin");
    await saysOf(server, file, /cannot read the graph's weights .*weights\.bin: it is not there/);
    const sha256 = createHash("sha256").update(WEIGHTS).digest("hex");
    const listed = (written: Written, bytes: number) => ({
      ...written,
      artifact: { ...written.artifact, externalData: [{ file: "weights.bin", sha256, bytes }] },
    });
    await layOut(server.root, "external", (written) => listed(written, 16));
    await writeFile(file, new Uint8Array(16));
    await saysOf(server, file, /weights\.bin is corrupt: its SHA-256 is [0-9a-f]{64}, its metadata says/);
    await layOut(server.root, "external", (written) => listed(written, 17));
    await saysOf(server, file, /weights\.bin has 16 bytes, its metadata says 17/);
    await layOut(server.root, "external", (written) => listed(written, 16));
    await writeFile(file, WEIGHTS);
    await server.running.loaded;
    expect(notesOf(server)).to.deep.equal([]);
  });

  it("is served whole requests if its first dimension is not the batch, unless its signature says that it is", async () => {
    server = await startEmpty();
    const directory = await layOut(server.root, "twice", (written) => ({
      ...written,
      signature: { ...written.signature, maxBatchSize: 8 },
    }));
    await saysOf(
      server,
      directory,
      /twice\/1: output "y" has the shape \[2,2\] for one row: .*set maxBatchSize to 0 in the signature$/,
    );
    await layOut(server.root, "twice", ({ signature: _, ...rest }) => rest);
    await server.running.loaded;
    const { body } = await infer(server.url, "twice", {
      inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [1, 2] }],
    });
    expect(body.outputs[0]).to.include({ name: "y" }).and.to.have.deep.property("data", [1, 2, 1, 2]);
    for (const [url, request] of [
      ["/predict", { x: [1, 2] }],
      ["/v1/models/twice:predict", { instances: [[1, 2]] }],
    ] as const) {
      const { status, body } = await server.post(url, request);
      expect([status, body.error.message ?? body.error].join(" ")).to.equal(
        '422 output "y" has the shape [2,2] for a request of 1 rows, which only tensors can represent: ' +
          "POST /v2/models/twice/infer",
      );
    }
    expect(server.log.join()).to.include("its first dimension is not the batch");
  });

  it("takes tensors only if it has no batch dimension", async () => {
    server = await startEmpty();
    await layOut(server.root, "image");
    await server.running.loaded;
    const { status, body } = await server.post("/predict", { image: [] });
    expect([status, body.error.message].join(" ")).to.equal(
      "404 model image takes tensors; POST /v2/models/image/infer",
    );
  });

  it("takes rows by the names of its inputs at /predict, null and NaN as missing numbers", async () => {
    server = await startEmpty();
    await layOut(server.root, "pair");
    await server.running.loaded;
    expect((await server.post("/predict", { a: [1, 2], b: [3, 4] })).body).to.deep.equal({
      sum: [4, 6],
      product: [3, 8],
    });
    const missing = await server.post("/predict", '{"a": [1, NaN], "b": [3, null]}');
    expect([missing.status, missing.body.error.code]).to.deep.equal([422, "not_finite"]);
    for (const [request, place] of [
      [{ a: [1, 2] }, "b"],
      [{ a: [1, 2], b: [1, "2"] }, "b[1]"],
      [
        [
          { a: [1, 2], b: [1, 2] },
          { a: [1, 2], b: [1] },
        ],
        "[1].b",
      ],
      [[{ a: [1, 2], b: [1, 2] }, 5], "[1]"],
      [[], ""],
    ] as const) {
      const { status, body } = await server.post("/predict", request);
      expect([status, body.error.path], JSON.stringify(request)).to.deep.equal([422, place]);
    }
    const { paths } = (await server.get("/openapi.json")).body;
    const { example } = paths["/predict"].post.requestBody.content["application/json"];
    expect((await server.post("/predict", example)).body).to.deep.equal({ sum: [2, 2], product: [1, 1] });
  });
});
