import { expect } from "chai";
import { startRepository, type TestServer } from "../support/server.ts";

describe("instances → predictions at /v1/models", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["pair", "image", "lengths", "iris", "words", "half-plus-two", "linear"], {
      MAX_QUEUE_SIZE: "100",
    });
  });
  after(() => server.stop());

  const predict = (model: string, instances: unknown) => server.post(`/v1/models/${model}:predict`, { instances });

  it("accept numbers for a model with one number per row", async () => {
    const { status, body } = await predict("half-plus-two", [1, 2, 5]);
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ predictions: [2.5, 3, 4.5] });
    const byVersion = await server.post("/v1/models/half-plus-two/versions/1:predict", { instances: [0] });
    expect(byVersion.body).to.deep.equal({ predictions: [2] });
  });

  it("accept lists for a model with several numbers per row, and return lists if an output row has several values", async () => {
    const { body } = await predict("linear", [
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(body.predictions.map(([value]: [number]) => Number(value.toFixed(6)))).to.deep.equal([1, 1.1]);
  });

  it("accept and return objects with named fields for several inputs or outputs", async () => {
    const { body } = await predict("pair", [
      { a: [1, 2], b: [3, 4] },
      { a: [0, 1], b: [5, 6] },
    ]);
    expect(body).to.deep.equal({
      predictions: [
        { sum: [4, 6], product: [3, 8] },
        { sum: [5, 7], product: [0, 6] },
      ],
    });
  });

  it("accept texts, plain or as objects", async () => {
    const plain = await predict("words", ["good", "awful"]);
    const named = await predict("words", [{ text: "good" }, { text: "awful" }]);
    expect(plain.status).to.equal(200);
    expect(plain.body).to.deep.equal(named.body);
    expect(plain.body.predictions[0][1]).to.be.greaterThan(plain.body.predictions[0][0]);
  });

  it("accept rows of any length, the same for all", async () => {
    expect(
      (
        await predict("lengths", [
          [1, 2, 3],
          [4, 5, 6],
        ])
      ).body,
    ).to.deep.equal({ predictions: [6, 15] });
    expect(
      (
        await predict("lengths", [
          [1, 2, 3],
          [4, 5],
        ])
      ).status,
    ).to.equal(422);
  });

  const wrong: readonly (readonly [string, string, unknown, number])[] = [
    ["no list", "iris", 1, 422],
    ["an empty list", "iris", [], 422],
    ["a row too short", "iris", [[1, 2, 3]], 422],
    ["a missing name", "pair", [{ a: [1, 2] }], 422],
    ["a name that only the prototype has", "words", [JSON.parse('{"__proto__": {"text": "good"}}')], 422],
    ["a mix", "half-plus-two", [1, { x: 2 }], 422],
    ["too many", "half-plus-two", new Array(101).fill(0), 422],
    ["a model without rows", "image", [[0]], 404],
    ["a model that is not there", "nothing", [0], 404],
  ];
  const text = "a".repeat(100_001);
  const places: readonly (readonly [string, unknown, string])[] = [
    [
      "pair",
      [
        { a: [1, 2], b: [1, 2] },
        { a: [1, 2], b: [1, "x"] },
      ],
      "instances[1].b[1] must be a number, not a string",
    ],
    ["pair", [{ a: [1, 2], b: [1] }], "instances[0].b must have 2 elements for the shape [2]; it has 1"],
    ["half-plus-two", [{ x: 1 }, { x: "1" }], "instances[1].x must be a number, not a string"],
    ["half-plus-two", [1, "1"], "instances[1] must be a number, not a string"],
    ["iris", [5.1, 3.5, 1.4, 0.2], "instances[0] must be a list of 4, not a number"],
    ["iris", [[1, 2, 3, 4], 1], "instances[1] must be a list of 4, not a number"],
    ["iris", [[1, 2, 3, true]], "instances[0][3] must be a number, not a boolean"],
    ["lengths", [1], "instances[0] must be a list, not a number"],
    ["words", ["good", 1], "instances[1] must be a string, not a number"],
    ["words", ["good", text], "instances[1] must not be longer than 100000 characters; it has 100001"],
    ["words", [{ text }], "instances[0].text must not be longer than 100000 characters; it has 100001"],
  ];
  for (const [model, instances, message] of places) {
    it(`report the path and the mistake: ${message}`, async () => {
      const { status, body } = await predict(model, instances);
      expect(status).to.equal(422);
      expect(body.error).to.equal(message);
    });
  }

  it("report an output that is not finite, and a request that returns it anyway", async () => {
    const { status, body } = await predict("pair", [{ a: [1e38, 1], b: [1e38, 1] }]);
    expect(status).to.equal(422);
    expect(body.error).to.equal(
      'the model outputs Infinity in "product", which JSON cannot represent; ask POST /v2/models/pair/infer for binary_data',
    );
  });

  for (const [what, model, instances, status] of wrong) {
    it(`reject ${what} with ${status} and an error text`, async () => {
      const answer = await predict(model, instances);
      expect(answer.status).to.equal(status);
      expect(answer.body.error).to.match(/^[^\n]{5,120}$/);
    });
  }

  it("list the served versions of a model", async () => {
    const { body } = await server.get("/v1/models/iris");
    expect(body).to.deep.equal({
      name: "iris",
      ready: true,
      model_version_status: [{ version: "1", state: "AVAILABLE", status: { error_code: "OK", error_message: "" } }],
    });
    expect((await server.get("/v1/models/iris/versions/1")).body).to.deep.equal(body);
    expect((await server.get("/v1/models/iris/versions/2")).status).to.equal(404);
    expect((await server.get("/v1/models/nothing")).status).to.equal(404);
    expect((await server.get("/v1/models")).body.models).to.include.members(["iris", "pair"]);
  });
});
