import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("a list of requests", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear", env: { MAX_QUEUE_SIZE: "20", MAX_BATCH_SIZE: "8" } });
  });
  after(() => server.stop());

  it("returns a list in the same order", async () => {
    const requests = Array.from({ length: 20 }, (_, index) => ({ features: [index * 10, 0, 0] }));
    const { status, body } = await server.post("/predict", requests);
    expect(status).to.equal(200);
    expect(body).to.deep.equal(requests.map((_, index) => ({ prediction: index + 1 })));
  });

  it("with one element returns a list with one element", async () => {
    expect((await server.post("/predict", [{ features: [0, 0, 0] }])).body).to.deep.equal([{ prediction: 1 }]);
  });

  it("is rejected as a whole if one of them is wrong, with its path", async () => {
    const { status, body } = await server.post("/predict", [{ features: [0, 0, 0] }, { features: [0, true, 0] }]);
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "[1].features[1]", message: "must be a number, not a boolean" });
  });

  it("must not be empty", async () => {
    const { status, body } = await server.post("/predict", []);
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "", message: "the list must have at least one request" });
  });

  it("must not have more requests than the queue can hold", async () => {
    const { status, body } = await server.post("/predict", new Array(21).fill({ features: [0, 0, 0] }));
    expect(status).to.equal(422);
    expect(body.error.message).to.equal("the list must not have more than 20 requests; it has 21");
  });
});

describe("a list of requests with several rows each", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "half-plus-two", env: { MAX_QUEUE_SIZE: "5" } });
  });
  after(() => server.stop());

  it("gives each request its own predictions", async () => {
    const { body } = await server.post("/predict", [{ instances: [0, 2] }, { instances: [4] }]);
    expect(body.map((one: { predictions: number[] }) => one.predictions)).to.deep.equal([[2, 3], [4]]);
  });

  it("is limited by the total number of rows", async () => {
    const { status, body } = await server.post("/predict", [{ instances: [1, 2, 3] }, { instances: [4, 5, 6] }]);
    expect(status).to.equal(422);
    expect(body.error.path).to.equal("[1].instances");
  });
});
