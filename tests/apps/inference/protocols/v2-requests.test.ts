import { expect } from "chai";
import { send, startRepository, type TestServer } from "../support/server.ts";
import { infer, postBinary } from "../support/tensors.ts";

const A = { name: "a", datatype: "FP32", shape: [2, 2], data: [1, 2, 3, 4] };
const B = {
  name: "b",
  datatype: "FP32",
  shape: [2, 2],
  data: [
    [5, 6],
    [7, 8],
  ],
};

describe("an Open Inference Protocol request", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "image", "lengths", "iris", "words", "half-plus-two", "photo"], {
      MAX_QUEUE_SIZE: "100",
    });
  });
  after(() => server.stop());

  it("with several inputs, flat or nested, in any order, gets all outputs", async () => {
    const { status, headers, body } = await infer(server.url, "pair", { inputs: [B, A] });
    expect(status).to.equal(200);
    expect(headers.get("x-model-name")).to.equal("pair");
    expect(body).to.deep.equal({
      model_name: "pair",
      model_version: "1",
      outputs: [
        { name: "sum", datatype: "FP32", shape: [2, 2], data: [6, 8, 10, 12] },
        { name: "product", datatype: "FP32", shape: [2, 2], data: [5, 12, 21, 32] },
      ],
    });
  });

  it("gets the requested outputs, in the requested order and encoding", async () => {
    const answer = await postBinary(
      `${server.url}/v2/models/pair/versions/1/infer`,
      { inputs: [A, B], outputs: [{ name: "product", parameters: { binary_data: true } }, { name: "sum" }] },
      Buffer.alloc(0),
    );
    expect(answer.body.outputs.map(({ name }: { name: string }) => name)).to.deep.equal(["product", "sum"]);
    expect(answer.body.outputs[1].data).to.deep.equal([6, 8, 10, 12]);
    expect([...new Float32Array(new Uint8Array(answer.raw).buffer)]).to.deep.equal([5, 12, 21, 32]);
  });

  it("to a model without a batch dimension may have any first dimension that the model's shape allows", async () => {
    const data = [1, 3, 5, 7, 0, 0, 0, 0, -1, -1, -1, -2];
    const input = { name: "image", datatype: "FP32", shape: [3, 2, 2], data };
    const answers = await Promise.all([1, 2, 3].map(() => infer(server.url, "image", { inputs: [input] })));
    for (const { status, body } of answers) {
      expect(status).to.equal(200);
      expect(body.outputs).to.deep.equal([{ name: "means", datatype: "FP32", shape: [3], data: [4, 0, -1.25] }]);
    }
    const wrong = await infer(server.url, "image", { inputs: [{ ...input, shape: [1, 3, 2, 2] }] });
    expect(wrong.status).to.equal(422);
    expect(wrong.body.error).to.equal("inputs[0].shape must be [3,2,2]");
  });

  it("may have images, binary or as JSON, several in one batch", async () => {
    const pixels = 3 * 224 * 224;
    const raw = Float32Array.from({ length: 2 * pixels }, (_, index) => Math.floor(index / (224 * 224)));
    const shape = [2, 3, 224, 224];
    const photo = { name: "photo", datatype: "FP32", shape, parameters: { binary_data_size: raw.byteLength } };
    const url = `${server.url}/v2/models/photo/infer`;
    const answer = await postBinary(url, { inputs: [photo] }, new Uint8Array(raw.buffer));
    expect(answer.body.outputs).to.deep.equal([
      { name: "means", datatype: "FP32", shape: [2, 3], data: [0, 1, 2, 3, 4, 5] },
    ]);
    const one = { name: "photo", datatype: "FP32", shape: [1, 3, 224, 224], data: [...raw.subarray(pixels)] };
    expect((await infer(server.url, "photo", { inputs: [one] })).body.outputs[0].data).to.deep.equal([3, 4, 5]);
  });

  it("with rows of its own length does not share a run with requests of another length", async () => {
    const sums = await Promise.all(
      [1, 2, 3, 2, 1].map(async (length) => {
        const input = { name: "x", datatype: "FP32", shape: [2, length], data: new Array(2 * length).fill(length) };
        return (await infer(server.url, "lengths", { inputs: [input] })).body.outputs[0].data;
      }),
    );
    expect(sums).to.deep.equal([1, 4, 9, 4, 1].map((sum) => [sum, sum]));
  });

  it("also reaches models that are served at /predict", async () => {
    const input = { name: "x", datatype: "FP32", shape: [1, 4], data: [5.1, 3.5, 1.4, 0.2] };
    const iris = await infer(server.url, "iris", { inputs: [input], outputs: [{ name: "label" }] });
    expect(iris.body.outputs[0]).to.deep.equal({ name: "label", datatype: "INT64", shape: [1], data: [0] });
    const text = { name: "text", datatype: "BYTES", shape: [2], data: ["good", "awful"] };
    const words = await infer(server.url, "words", { inputs: [text] });
    const [negative, positive] = words.body.outputs[0].data;
    expect(positive).to.be.greaterThan(negative);
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ["no inputs", {}, /^inputs is missing$/],
    ["inputs that are no list", { inputs: {} }, /^inputs must be a list, not an object$/],
    ["an input too few", { inputs: [A] }, /^inputs lack "b"$/],
    ["an input twice", { inputs: [A, A] }, /^inputs\[1\]\.name "a" is given twice$/],
    [
      "an unknown input",
      { inputs: [{ ...A, name: "c" }, B] },
      /^inputs\[0\]\.name must be an input of the model: a, b$/,
    ],
    ["an inherited name", { inputs: [{ ...A, name: "__proto__" }, B] }, /^inputs\[0\]\.name must be an input/],
    ["another type", { inputs: [{ ...A, datatype: "FP64" }, B] }, /^inputs\[0\]\.datatype must be FP32$/],
    ["another width", { inputs: [{ ...A, shape: [1, 4] }, B] }, /^inputs\[0\]\.shape must be \[-1,2\]$/],
    ["no rows", { inputs: [{ ...A, shape: [0, 2], data: [] }, B] }, /^inputs\[0\]\.shape must have whole numbers/],
    ["a fraction of a row", { inputs: [{ ...A, shape: [0.5, 2] }, B] }, /^inputs\[0\]\.shape must have whole numbers/],
    ["rows without end", { inputs: [{ ...A, shape: [1e300, 2] }, B] }, /^inputs\[0\]\.shape/],
    ["fewer elements", { inputs: [{ ...A, data: [1] }, B] }, /^inputs\[0\]\.data must have 4 elements/],
    ["a shape far beyond its data", { inputs: [{ ...A, shape: [1e9, 2], data: [[1]] }, B] }, /^inputs\[0\]\.data must/],
    ["a ragged list", { inputs: [{ ...A, data: [[1, 2], [3]] }, B] }, /^inputs\[0\]\.data\[1\] must have 2 elements/],
    [
      "a string for a number",
      { inputs: [{ ...A, data: [1, 2, 3, "4"] }, B] },
      /^inputs\[0\]\.data\[3\] must be a number/,
    ],
    ["a number beyond its type", { inputs: [{ ...A, data: [1, 2, 3, 1e39] }, B] }, /^inputs\[0\]\.data\[3\] is beyond/],
    [
      "rows that differ",
      { inputs: [A, { ...B, shape: [1, 2], data: [1, 2] }] },
      /^inputs must all have the same number/,
    ],
    ["an id that is no string", { id: 1, inputs: [A, B] }, /^id must be a string/],
    [
      "an output twice",
      { inputs: [A, B], outputs: [{ name: "sum" }, { name: "sum" }] },
      /^outputs\[1\]\.name "sum" is given twice$/,
    ],
    ["an unknown output", { inputs: [A, B], outputs: [{ name: "x" }] }, /^outputs\[0\]\.name must be an output/],
    [
      "an extension that is not there",
      { inputs: [A, B], outputs: [{ name: "sum", parameters: { shared_memory_region: "x" } }] },
      /^outputs\[0\]\.parameters\.shared_memory_region is an extension/,
    ],
    [
      "more rows than the queue takes",
      {
        inputs: [
          { ...A, shape: [101, 2], data: new Array(202).fill(0) },
          { ...B, shape: [101, 2], data: new Array(202).fill(0) },
        ],
      },
      /^inputs have 101 rows; one request may have at most 100$/,
    ],
  ];
  for (const [what, request, message] of wrong) {
    it(`with ${what} → 422 with the path`, async () => {
      const { status, body } = await infer(server.url, "pair", request);
      expect(status, JSON.stringify(body)).to.equal(422);
      expect(body.error).to.match(message);
    });
  }

  const binary = (size: unknown, raw: number, more: object = {}) =>
    postBinary(
      `${server.url}/v2/models/pair/infer`,
      { inputs: [{ name: "a", datatype: "FP32", shape: [2, 2], parameters: { binary_data_size: size }, ...more }, B] },
      Buffer.alloc(raw),
    );
  for (const [what, answer] of [
    ["fewer bytes than it says", () => binary(16, 15)],
    ["more bytes than it says", () => binary(16, 17)],
    ["bytes that do not fill its shape", () => binary(12, 12)],
    ["a size that is no number", () => binary("16", 16)],
    ["a negative size", () => binary(-16, 16)],
    ["no bytes at all", () => binary(0, 0)],
    ["data twice", () => binary(16, 16, { data: [1, 2, 3, 4] })],
  ] as const) {
    it(`with binary tensors and ${what} → 422`, async () => {
      expect((await answer()).status).to.equal(422);
    });
  }

  it("that is not JSON gets an error that says where JSON was expected", async () => {
    const json = JSON.stringify({ inputs: [A, B] });
    const ask = (headers: Record<string, string>, body: string) =>
      send(`${server.url}/v2/models/pair/infer`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body,
      });
    const short = await ask({ "Inference-Header-Content-Length": "9" }, json);
    expect(short.status).to.equal(400);
    expect(short.body.error).to.equal(
      "the body up to byte 9, as Inference-Header-Content-Length says, is not JSON: unexpected end of input at line 1, column 10",
    );
    const raw = await ask({ "Content-Type": "application/octet-stream" }, `${json}\x01\x02`);
    expect(raw.body.error).to.match(
      /^the body, read as JSON for lack of Inference-Header-Content-Length, is not JSON: unexpected "\\u0001" at line 1,/,
    );
  });

  it("with a JSON length greater than its body → 400", async () => {
    for (const length of ["1000", "-1", "1e1", "x"]) {
      const answer = await send(`${server.url}/v2/models/pair/infer`, {
        method: "POST",
        headers: { "Inference-Header-Content-Length": length },
        body: Buffer.from("{}"),
      });
      expect(answer.status).to.equal(400);
      expect(answer.body.error).to.match(/^Inference-Header-Content-Length must be at most the 2 bytes/);
    }
  });

  it("to an unknown model or version → 404", async () => {
    for (const path of ["nothing/infer", "pair/versions/2/infer", "..%2fpair/infer", "__proto__/infer"]) {
      const { status, body } = await server.post(`/v2/models/${path}`, { inputs: [A, B] });
      expect(status, path).to.equal(404);
      expect(body.error).to.match(/is not served here$/);
    }
  });
});
