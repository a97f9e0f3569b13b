import { expect } from "chai";
import { layOut } from "../support/registry.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("a prediction that is not finite", () => {
  it("→ 422 with the name of the output, and a request that returns it anyway", async () => {
    const server = await startTestServer({ model: "lengths", published: [], wait: false });
    const inputs = [{ name: "x", datatype: "FP32", shape: [-1, 2] }];
    await layOut(server.root, "lengths", (written) => ({
      ...written,
      signature: { ...written.signature, kind: "regression", inputs },
    }));
    await server.running.loaded;
    for (const body of [{ features: [3e38, 3e38] }, [{ features: [1, 2] }, { features: [3e38, 3e38] }]]) {
      const answer = await server.post("/predict", body);
      expect(answer.status).to.equal(422);
      expect(answer.body.error).to.include({
        code: "not_finite",
        message:
          'the model outputs Infinity in "sum", which JSON cannot represent; ask POST /v2/models/lengths/infer for binary_data',
      });
    }
    await server.stop();
  });
});

describe("predicting a number from a list of features", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear" });
  });
  after(() => server.stop());

  it("returns the prediction as the shortest decimal", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2, 3] });
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ prediction: 2.4 });
  });

  it("reports how many features the model takes, and which", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features", message: "must have 3 numbers (a, b, c); it has 2" });
  });

  it("reports a feature that is not a number", async () => {
    const { status, body } = await server.post("/predict", { features: [1, null, 3] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features[1]", message: "must be a number, not null" });
  });

  it("rejects a number too large for float32 instead of predicting from infinity", async () => {
    const { status, body } = await server.post("/predict", { features: [1, 2, 1e39] });
    expect(status).to.equal(422);
    expect(body.error).to.include({ path: "features[2]", message: "is beyond the range of FP32" });
  });
});
