import { expect } from "chai";
import { send, startTestServer, type TestServer } from "../support/server.ts";

describe("a request that the API does not support", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear" });
  });
  after(() => server.stop());

  it("unknown path → 404", async () => {
    const { status, body } = await server.get("/nothing?key=secret");
    expect(status).to.equal(404);
    expect(body.error).to.include({ code: "not_found", message: "there is no /nothing here" });
  });

  it("GET /predict → 405 with the allowed methods", async () => {
    const { status, headers, body } = await server.get("/predict");
    expect(status).to.equal(405);
    expect(headers.get("allow")).to.equal("POST");
    expect(body.error.message).to.equal("/predict takes POST");
  });

  it("POST /ready → 405 with the allowed methods", async () => {
    const { status, headers } = await server.post("/ready", {});
    expect(status).to.equal(405);
    expect(headers.get("allow")).to.equal("GET, HEAD");
  });

  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
    it(`Content-Type ${type} → 415`, async () => {
      const { status, headers, body } = await server.post(
        "/predict",
        { features: [1, 2, 3] },
        { "Content-Type": type },
      );
      expect(status).to.equal(415);
      expect(body.error.code).to.equal("unsupported_media_type");
      expect(headers.get("x-model-name")).to.equal("linear");
    });
  }

  it("curl's default Content-Type is accepted as JSON by the inference protocols", async () => {
    const curl = { "Content-Type": "application/x-www-form-urlencoded" };
    const instances = await server.post("/v1/models/linear:predict", { instances: [[1, 2, 3]] }, curl);
    expect(instances.status).to.equal(200);
    const input = { name: "x", datatype: "FP32", shape: [1, 3], data: [1, 2, 3] };
    expect((await server.post("/v2/models/linear/infer", { inputs: [input] }, curl)).status).to.equal(200);
    expect((await server.post("/v1/models/linear:predict", "instances=1", curl)).status).to.equal(400);
    const text = { "Content-Type": "text/plain" };
    expect((await server.post("/v1/models/linear:predict", { instances: [[1, 2, 3]] }, text)).status).to.equal(415);
  });

  it("Content-Type is case-insensitive, and a wrong one gets the list of accepted types", async () => {
    const inputs = [{ name: "x", datatype: "FP32", shape: [1, 3], data: [1, 2, 3] }];
    for (const type of ["Application/Octet-Stream", "Application/X-WWW-Form-Urlencoded"]) {
      expect((await server.post("/v2/models/linear/infer", { inputs }, { "Content-Type": type })).status).to.equal(200);
    }
    const { status, headers, body } = await server.post("/v2/models/linear/infer", "x", {
      "Content-Type": "text/plain",
    });
    expect(status).to.equal(415);
    expect(headers.get("accept")).to.equal("application/json, application/octet-stream");
    expect(body.error).to.equal("send the body as Content-Type: application/json or application/octet-stream");
  });

  for (const type of ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.models+json"]) {
    it(`Content-Type ${type} is JSON`, async () => {
      const { status } = await server.post("/predict", { features: [1, 2, 3] }, { "Content-Type": type });
      expect(status).to.equal(200);
    });
  }

  it("a body in an unknown coding → 415 with the known ones", async () => {
    const { status, body } = await server.post("/predict", "x", { "Content-Encoding": "br" });
    expect(status).to.equal(415);
    expect(body.error.message).to.equal("send the body as Content-Encoding: gzip, deflate or identity");
  });

  it("HEAD /health returns the status and no body", async () => {
    const { status, body } = await send(`${server.url}/health`, { method: "HEAD" });
    expect(status).to.equal(200);
    expect(body).to.equal("");
  });
});
