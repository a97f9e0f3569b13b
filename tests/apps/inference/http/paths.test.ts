import { expect } from "chai";
import { send, startRepository, type TestServer } from "../support/server.ts";

describe("a path with percent-encoded characters", () => {
  let server: TestServer;
  before(async () => {
    server = await startRepository(["iris", "half-plus-two"]);
  });
  after(() => server.stop());

  for (const path of [
    "/v1/models/half-plus-two%3Apredict",
    "/v1/models/half%2Dplus%2dtwo:predict",
    "/%76%31/models/half-plus-two:predict",
  ]) {
    it(`is decoded: ${path}`, async () => {
      const { status, body } = await server.post(path, { instances: [2] });
      expect(status).to.equal(200);
      expect(body).to.deep.equal({ predictions: [3] });
    });
  }

  it("matches routes without parameters", async () => {
    expect((await server.get("/he%61lth")).status).to.equal(200);
  });

  for (const path of [
    "/v1/models/half-plus-two%2Fversions%2F1:predict",
    "/v1%2Fmodels/half-plus-two:predict",
    "/v1/models/%ff:predict",
    "/v1/models/%:predict",
    "/v1/models/half-plus-two%00:predict",
  ]) {
    it(`is not found if it is malformed, or if decoding would split a segment: ${path}`, async () => {
      const { status, body } = await server.post(path, { instances: [2] });
      expect(status).to.equal(404);
      expect(body.error).to.match(/^[^\n]{5,120}$/);
    });
  }

  it("gets 404 for other verbs under /v1, and the response names the supported one", async () => {
    for (const path of ["/v1/models/iris:explain", "/v1/models/iris/versions/1:explain"]) {
      const { status, body } = await server.post(path, { instances: [2] });
      expect(status).to.equal(404);
      expect(body.error).to.equal("there is no :explain here; POST …:predict");
    }
    const { status, headers } = await send(`${server.url}/v1/models/iris`, { method: "POST" });
    expect([status, headers.get("allow")]).to.deep.equal([405, "GET, HEAD"]);
  });
});
