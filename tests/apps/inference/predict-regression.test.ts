import { expect } from "chai";
import { startTestServer, type TestServer } from "./support/server.ts";

describe("predicting a number from a list of features", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear" });
  });
  after(() => server.stop());

  it("answers the prediction, worded as the decimal it stands for", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2, 3] });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ prediction: 2.4 });
  });

  it("says how many features it takes, and which", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features", message: "must have 3 numbers (a, b, c); it has 2" });
  });

  it("says which feature is not a number", async () => {
    const { status, body } = await server.post("/predict", { features: [1, null, 3] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features[1]", message: "must be a number, not null" });
  });

  it("refuses what a float32 cannot hold, rather than predict from infinity", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2, 1e39] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features[2]", message: "is beyond the range of FP32" });
  });
});
