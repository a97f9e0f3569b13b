import { expect } from "chai";
import type { ModelName } from "../support/models.ts";
import { metadataOf, writeIndex, writeVersion } from "../support/registry.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { infer } from "../support/tensors.ts";

/** If rows in a run influence each other, each request gets a run of its own. */
describe("a request that arrives together with others", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  async function serve(model: ModelName, maxBatchSize?: number, env: Record<string, string> = {}): Promise<void> {
    server = await startTestServer({ model, published: [], wait: false, env });
    const metadata = await metadataOf(model, "1");
    await writeVersion(server.root, model, "1", {
      ...metadata,
      signature: { ...metadata.signature, ...(maxBatchSize === undefined ? {} : { maxBatchSize }) },
    });
    await writeIndex(server.root, [model, "1"]);
    await server.running.loaded;
  }

  const outputs = async (model: ModelName, inputs: readonly object[]) => {
    const { status, body } = await infer(server.url, model, { inputs });
    return status === 200 ? body.outputs.map(({ shape, data }: Record<string, unknown>) => [shape, data]) : body;
  };
  const numbers = (...data: number[]) => [{ name: "x", datatype: "FP32", shape: [1, data.length], data }];
  const texts = (...data: string[]) => [{ name: "text", datatype: "BYTES", shape: [data.length], data }];
  const sevens = (...data: number[]) => [{ name: "x", datatype: "FP32", shape: [data.length], data }];
  /** The logged reasons for not batching requests. */
  const reasons = () =>
    server.log
      .map((line) => JSON.parse(line))
      .filter(({ message }) => message.startsWith("requests are not batched"))
      .map(({ reason }): string => reason);

  for (const [where, env] of [
    ["in the event loop", {}],
    ["on a thread", { THREAD_AFTER_MS: "0" }],
  ] as const) {
    it(`gets the same answer as on its own if the graph quantizes over the whole run, ${where}`, async () => {
      await serve("quantized", undefined, env);
      const alone = await outputs("quantized", numbers(0.25, 0.5));
      expect(alone[0][1][0]).to.be.closeTo(0.75, 0.01);
      const burst = Array.from({ length: 20 }, (_, index) =>
        outputs("quantized", index % 2 === 0 ? numbers(0.25, 0.5) : numbers(100, 100)),
      );
      for (const [index, answer] of (await Promise.all(burst)).entries()) {
        if (index % 2 === 0) expect(answer).to.deep.equal(alone);
      }
      expect(reasons()).to.deep.equal([
        "its graph has DynamicQuantizeLinear, which rounds each row depending on the other rows of a run",
      ]);
    });
  }

  it("gets the same answer as on its own if rows in a run influence each other", async () => {
    await serve("shares");
    const answers = await Promise.all(Array.from({ length: 8 }, () => outputs("shares", numbers(1, 2))));
    for (const answer of answers)
      expect(answer).to.deep.equal([
        [
          [1, 2],
          [1, 1],
        ],
      ]);
    expect(reasons()).to.deep.equal(["a row gives other outputs together with another row than alone"]);
  });

  it("gets rows of its own length if the graph pads rows to the longest in the run", async () => {
    await serve("split", undefined, { MAX_BATCH_SIZE: "2" });
    const [short, long] = await Promise.all([outputs("split", texts("a b")), outputs("split", texts("a b c d"))]);
    expect(short).to.deep.equal([
      [
        [1, 2],
        ["a", "b"],
      ],
      [[1], [2]],
    ]);
    expect(long[0]).to.deep.equal([
      [1, 4],
      ["a", "b", "c", "d"],
    ]);
    // More rows than a batch may have, but still one run: the outputs of two runs could not be concatenated.
    expect(await outputs("split", texts("a", "b", "c d"))).to.deep.equal([
      [
        [3, 2],
        ["a", "", "b", "", "c", "d"],
      ],
      [[3], [1, 1, 2]],
    ]);
  });

  it("gets the same answer as on its own once a run has returned a wrong number of rows", async () => {
    await serve("no-sevens", undefined, { MAX_BATCH_SIZE: "2" });
    const burst = [[7], [1], [7], [2]].map((row) => outputs("no-sevens", sevens(...row)));
    expect(await Promise.all(burst)).to.deep.equal([[[[0], []]], [[[1], [1]]], [[[0], []]], [[[1], [2]]]]);
    expect(await outputs("no-sevens", sevens(7, 1, 7, 2, 3))).to.deep.equal([[[3], [1, 2, 3]]]);
    expect(reasons()).to.have.length(1);
    expect(reasons()[0]).to.match(/^output "y" has 1 rows for 2 rows of input/);
  });

  it("is answered completely even if its own run is the first with a wrong number of rows", async () => {
    await serve("no-sevens", undefined, { MAX_BATCH_SIZE: "2" });
    expect(await outputs("no-sevens", sevens(1, 2, 7, 3, 4))).to.deep.equal([[[4], [1, 2, 3, 4]]]);
  });

  it("is rejected if its protocol needs one output row per input row and the outputs have another number", async () => {
    await serve("no-sevens");
    expect((await server.post("/v1/models/no-sevens:predict", { instances: [1, 2] })).body).to.deep.equal({
      predictions: [1, 2],
    });
    const { status, body } = await server.post("/v1/models/no-sevens:predict", { instances: [1, 7] });
    expect(status).to.equal(422);
    expect(body.error).to.match(
      /^output "y" has the shape \[1\] for a request of 2 rows, .*: POST \/v2\/models\/no-sevens\/infer$/,
    );
  });

  it("shares a run anyway if the signature sets maxBatchSize", async () => {
    await serve("shares", 8);
    const answers = await Promise.all(Array.from({ length: 8 }, () => outputs("shares", numbers(1, 2))));
    expect(answers.some(([[, data]]) => data[0] < 1)).to.equal(true);
    expect(reasons()).to.deep.equal([]);
  });

  it("gets a run of its own if the model cannot be tested with zeros", async () => {
    await serve("hundreds");
    expect(reasons()).to.deep.equal([
      "it does not run with zeros, so whether the rows of a run influence each other could not be tested",
    ]);
  });

  it("shares a run with them for most models", async () => {
    for (const model of [
      "half-plus-two",
      "iris",
      "words",
      "linear",
      "pair",
      "lengths",
      "lookup",
      "highlights",
      "types",
    ] as const) {
      await serve(model);
      expect(reasons(), model).to.deep.equal([]);
      if (model !== "types") await server.stop();
    }
  });
});
