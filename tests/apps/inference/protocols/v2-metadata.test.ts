import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("health and metadata in the Open Inference Protocol", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("report that the server is live and ready, even without the API key", async () => {
    server = await startTestServer({ model: "iris", env: { API_KEY: "secret" } });
    expect((await server.get("/v2/health/live")).body).to.deep.equal({ live: true });
    expect((await server.get("/v2/health/ready")).body).to.deep.equal({ ready: true });
    expect((await server.get("/v2/models/iris/ready")).body).to.deep.equal({ name: "iris", ready: true });
    expect((await server.get("/v2/models/iris")).status).to.equal(401);
    expect((await server.get("/v2/models/iris", { "X-API-Key": "secret" })).status).to.equal(200);
  });

  it("report 503 before the model is loaded", async () => {
    server = await startTestServer({ model: "iris", published: [], wait: false });
    expect((await server.get("/v2/health/live")).status).to.equal(200);
    expect((await server.get("/v2/health/ready")).status).to.equal(503);
    expect((await server.get("/v2/models/iris/ready")).status).to.equal(503);
    expect((await server.get("/v2/models/other/ready")).status).to.equal(404);
  });

  it("describe the server and the model", async () => {
    server = await startTestServer({ model: "iris" });
    const { body } = await server.get("/v2");
    expect(body.name).to.be.a("string");
    expect(body.extensions).to.include.members(["binary_tensor_data", "model_repository"]);
    const described = {
      name: "iris",
      versions: ["1"],
      platform: "onnxruntime_onnx",
      inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }],
      outputs: [
        { name: "label", datatype: "INT64", shape: [-1] },
        {
          name: "probabilities",
          datatype: "FP32",
          shape: [-1, 3],
          labels: ["setosa", "versicolor", "virginica"],
        },
      ],
    };
    for (const place of ["/v2/models/iris", "/v2/models/iris/versions/1"]) {
      const { properties, ...answered } = (await server.get(place)).body;
      expect(answered).to.deep.equal(described);
      // The version's lineage.
      expect(properties).to.include.keys("commit", "trainedDate", "artifact");
      expect(properties.artifact).to.match(/^[0-9a-f]{64}$/);
    }
    expect((await server.get("/v2/models/iris/versions/2")).status).to.equal(404);
    expect((await server.get("/v2/models")).body).to.deep.equal({ models: ["iris"] });
  });
});
