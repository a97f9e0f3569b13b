import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("predicting instances", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "half-plus-two", env: { MAX_QUEUE_SIZE: "100", MAX_BATCH_SIZE: "8" } });
  });
  after(() => server.stop());

  it("returns one prediction per instance", async () => {
    const { status, body } = await server.post("/predict", { instances: [1, 2, 5] });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ predictions: [2.5, 3, 4.5], model: "half-plus-two", version: "1" });
  });

  it("returns predictions in order for more instances than fit in one batch", async () => {
    const instances = Array.from({ length: 100 }, (_, index) => index * 2);
    const { status, body } = await server.post("/predict", { instances });
    expect(status).to.equal(200);
    expect(body.predictions).to.deep.equal(instances.map((x) => x / 2 + 2));
  });

  it("rejects more instances than the queue can hold", async () => {
    const { status, body } = await server.post("/predict", { instances: new Array(101).fill(1) });
    expect(status).to.equal(422);
    expect(body.error.path).to.equal("instances");
    expect(body.error.message).to.include("101").and.to.include("100");
  });

  it("rejects an empty list", async () => {
    const { status, body } = await server.post("/predict", { instances: [] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "instances", message: "must have at least one instance" });
  });

  it("reports the path of an invalid instance", async () => {
    const { status, body } = await server.post("/predict", { instances: [1, [2, 3]] });
    expect(status).to.equal(422);
    expect(body.error.path).to.equal("instances[1]");
  });
});
