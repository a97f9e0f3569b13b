import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

const FLOWER = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };

describe("predicting from named features", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "iris" });
  });
  after(() => server.stop());

  for (const [index, [name, petalLength]] of [
    ["setosa", 1.4] as const,
    ["versicolor", 4],
    ["virginica", 6] as const,
  ].entries()) {
    it(`returns ${name} for a petal of ${petalLength} cm, and nothing else`, async () => {
      const { status, body } = await server.post("/predict", { ...FLOWER, petal_length: petalLength });
      expect(status).to.equal(200);
      expect(body).to.deep.equal({ species_index: index, species_name: name });
    });
  }

  it("accepts the features in any order", async () => {
    const reversed = Object.fromEntries(Object.entries({ ...FLOWER, petal_length: 6 }).reverse());
    expect((await server.post("/predict", reversed)).body.species_name).to.equal("virginica");
  });

  it("reports a missing feature", async () => {
    const { petal_width: _, ...incomplete } = FLOWER;
    const { status, body } = await server.post("/predict", incomplete);
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "petal_width", message: "is missing" });
  });

  it("rejects a number written as a string", async () => {
    const { status, body } = await server.post("/predict", { ...FLOWER, sepal_width: "3.5" });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "sepal_width", message: "must be a number, not a string" });
  });
});
