import { expect } from "chai";
import { startRepository, type TestServer } from "../support/server.ts";

describe("inputs → outputs at /v1/models, by column", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "image", "lengths", "iris", "words", "half-plus-two", "split", "slow"], {
      MAX_QUEUE_SIZE: "100",
    });
  });
  after(() => server.stop());

  const predict = (model: string, inputs: unknown) => server.post(`/v1/models/${model}:predict`, { inputs });

  it("accept the tensor of the only input, plain or by name, and return that of the only output", async () => {
    const plain = await predict("half-plus-two", [1, 2, 5]);
    expect(plain.status).to.equal(200);
    expect(plain.body).to.deep.equal({ outputs: [2.5, 3, 4.5] });
    expect((await predict("half-plus-two", { x: [1, 2, 5] })).body).to.deep.equal(plain.body);
    const rows = [
      [1, 2],
      [3, 4],
    ];
    expect((await predict("lengths", rows)).body).to.deep.equal({ outputs: [3, 7] });
  });

  it("accept and return objects for several inputs or outputs", async () => {
    const { body } = await predict("pair", {
      a: [
        [1, 2],
        [0, 1],
      ],
      b: [
        [3, 4],
        [5, 6],
      ],
    });
    expect(body).to.deep.equal({
      outputs: {
        sum: [
          [4, 6],
          [5, 7],
        ],
        product: [
          [3, 8],
          [0, 6],
        ],
      },
    });
    const iris = await predict("iris", [[5.1, 3.5, 1.4, 0.2]]);
    expect(iris.body.outputs.label).to.deep.equal([0]);
    expect(iris.body.outputs.probabilities[0]).to.have.length(3);
  });

  it("accept models without a batch dimension", async () => {
    const row = [
      [0, 1],
      [2, 3],
    ];
    const { status, body } = await predict("image", [row, row, row]);
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ outputs: [1.5, 1.5, 1.5] });
    expect((await predict("slow", 2)).body.outputs.turned).to.equal(2);
  });

  it("accept texts in base64, in rows and columns", async () => {
    const b64 = Buffer.from("schön good").toString("base64");
    const plain = await predict("words", ["schön good"]);
    expect((await predict("words", [{ b64 }])).body).to.deep.equal(plain.body);
    expect((await predict("words", { text: [{ b64 }] })).body).to.deep.equal(plain.body);
    const url = Buffer.from("schön good").toString("base64url");
    for (const instance of [{ b64 }, { text: { b64 } }, { b64: url }, "schön good"]) {
      const { body } = await server.post("/v1/models/words:predict", { instances: [instance] });
      expect(body).to.deep.equal({ predictions: plain.body.outputs });
    }
  });

  const wrong: readonly (readonly [string, string, unknown, string])[] = [
    ["no list", "half-plus-two", 1, "inputs must be a list of rows, not a number"],
    ["no row", "half-plus-two", [], "inputs must have 1 to 100 rows; it has 0"],
    ["too many rows", "half-plus-two", new Array(101).fill(1), "inputs must have 1 to 100 rows; it has 101"],
    ["a missing input", "pair", { a: [[1, 2]] }, "inputs.b is missing"],
    ["no names", "pair", [[1, 2]], "inputs must be a JSON object, not a list"],
    [
      "different numbers of rows",
      "pair",
      {
        a: [[1, 2]],
        b: [
          [1, 2],
          [3, 4],
        ],
      },
      "inputs.b must have 1 rows, as the inputs before it; it has 2",
    ],
    ["a row too short", "iris", [[1, 2, 3]], "inputs[0] must have 4 elements for the shape [4]; it has 3"],
    ["another type", "pair", { a: [[1, 2]], b: [[1, "x"]] }, "inputs.b[0][1] must be a number, not a string"],
    ["a row of another length", "lengths", [[1, 2], [1]], "inputs[1] must have 2 elements for the shape [2]; it has 1"],
    ["broken base64", "words", [{ b64: "a b" }], "inputs[0].b64 must be bytes in base64"],
    ["a number in base64", "words", [{ b64: 1 }], "inputs[0].b64 must be bytes in base64"],
    ["bytes that are not text", "words", [{ b64: "/w==" }], "inputs[0] must be UTF-8: the models' strings are text"],
    ["base64 for numbers", "half-plus-two", [{ b64: "AAAA" }], "inputs[0] must be a number, not an object"],
    [
      "a text too long",
      "words",
      ["a".repeat(100_001)],
      "inputs[0] must not be longer than 100000 characters; it has 100001",
    ],
  ];
  for (const [what, model, inputs, message] of wrong) {
    it(`reject ${what} with its path`, async () => {
      const { status, body } = await predict(model, inputs);
      expect(status).to.equal(422);
      expect(body.error).to.equal(message);
    });
  }

  it("reject a request with both inputs and instances", async () => {
    const { status, body } = await server.post("/v1/models/half-plus-two:predict", { inputs: [1], instances: [1] });
    expect(status).to.equal(422);
    expect(body.error).to.equal("inputs must not be given together with instances");
  });
});
