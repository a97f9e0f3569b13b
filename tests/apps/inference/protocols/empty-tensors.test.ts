import { expect } from "chai";
import { startRepository, type TestServer } from "../support/server.ts";
import { infer, postBinary } from "../support/tensors.ts";

const X = { name: "x", datatype: "FP32", shape: [1, 1, 2], data: [3, 4] };
const PAST = { name: "past", datatype: "FP32", shape: [1, 0, 2] };

for (const [where, env] of [
  ["in the event loop", {}],
  ["on a thread of its own", { THREAD_AFTER_MS: "0" }],
] as const) {
  describe(`tensors without elements, ${where}`, () => {
    let server: TestServer;
    before(async () => {
      server = await startRepository(["cache", "boxes", "lengths"], env);
    });
    after(() => server.stop());

    const answer = [
      { name: "present", datatype: "FP32", shape: [1, 1, 2], data: [3, 4] },
      { name: "sum", datatype: "FP32", shape: [1, 2], data: [0, 0] },
      { name: "before", datatype: "FP32", shape: [1, 0, 2], data: [] },
    ];

    for (const data of [[], [[]]]) {
      it(`are accepted as ${JSON.stringify(data)} and returned as []`, async () => {
        const { status, body } = await infer(server.url, "cache", { inputs: [{ ...PAST, data }, X] });
        expect(status, JSON.stringify(body)).to.equal(200);
        expect(body.outputs).to.deep.equal(answer);
      });
    }

    it("are accepted and returned as binary", async () => {
      const inputs = [{ ...PAST, parameters: { binary_data_size: 0 } }, X];
      const outputs = [{ name: "before", parameters: { binary_data: true } }, { name: "sum" }];
      const raw = await postBinary(`${server.url}/v2/models/cache/infer`, { inputs, outputs }, Buffer.alloc(0));
      expect(raw.status, JSON.stringify(raw.body)).to.equal(200);
      expect(raw.body.outputs[0]).to.deep.equal({ ...PAST, name: "before", parameters: { binary_data_size: 0 } });
    });

    it("share runs with nonempty requests", async () => {
      const full = { ...PAST, shape: [1, 1, 2], data: [1, 2] };
      const answers = await Promise.all(
        [[], full, [], full].map((past) =>
          infer(server.url, "cache", { inputs: [Array.isArray(past) ? { ...PAST, data: past } : past, X] }),
        ),
      );
      expect(answers.map(({ body }) => body.outputs[1].data)).to.deep.equal([
        [0, 0],
        [1, 2],
        [0, 0],
        [1, 2],
      ]);
    });

    it("may have a first dimension of 0 if it is not the batch dimension", async () => {
      const inputs = [
        { name: "boxes", datatype: "FP32", shape: [0, 4], data: [] },
        { name: "names", datatype: "BYTES", shape: [0], data: [] },
      ];
      const { status, body } = await infer(server.url, "boxes", { inputs });
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body.outputs).to.deep.equal([
        { name: "moved", datatype: "FP32", shape: [0, 4], data: [] },
        { name: "named", datatype: "BYTES", shape: [0], data: [] },
      ]);
    });

    it("are one empty list per row at /v1", async () => {
      const sums = await server.post("/v1/models/lengths:predict", { instances: [[], []] });
      expect(sums.body).to.deep.equal({ predictions: [0, 0] });
      const { body } = await server.post("/v1/models/cache:predict", {
        instances: [
          { past: [], x: [[1, 2]] },
          { past: [], x: [[3, 4]] },
        ],
      });
      expect(body.predictions).to.deep.equal([
        { present: [[1, 2]], sum: [0, 0], before: [] },
        { present: [[3, 4]], sum: [0, 0], before: [] },
      ]);
    });

    it("must have at least one row and valid sizes", async () => {
      const ask = async (shape: unknown[]) =>
        (await infer(server.url, "cache", { inputs: [{ ...PAST, shape, data: [] }, X] })).body;
      const message = "inputs[0].shape must have whole numbers of at least 0, the first of at least 1";
      expect(await ask([0, 0, 2])).to.deep.equal({ error: message });
      expect(await ask([1, -1, 2])).to.deep.equal({ error: message });
      expect((await ask([1, 1, 2])).error).to.match(/^inputs\[0\]\.data must have 2 elements/);
    });
  });
}
