import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

const KEY = "correct horse battery staple";

describe("with an API key set", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear", env: { API_KEY: KEY } });
  });
  after(() => server.stop());

  const request = { features: [1, 2, 3] };

  it("accepts the right key", async () => {
    expect((await server.post("/predict", request, { "X-API-Key": KEY })).status).to.equal(200);
    expect((await server.get("/models", { "X-API-Key": KEY })).status).to.equal(200);
  });

  it("rejects a request without a key", async () => {
    const { status, body } = await server.post("/predict", request);
    expect(status).to.equal(401);
    expect(body.error).to.include({ code: "unauthorized", message: "the header X-API-Key is missing" });
    expect((await server.get("/models")).status).to.equal(401);
  });

  for (const wrong of ["", "x", `${KEY}x`, KEY.slice(0, -1), KEY.toUpperCase(), `${KEY}, ${KEY}`]) {
    it(`rejects the key ${JSON.stringify(wrong)}`, async () => {
      const { status, body } = await server.post("/predict", request, { "X-API-Key": wrong });
      expect(status).to.equal(401);
      expect(JSON.stringify(body)).not.to.include(KEY);
    });
  }

  it("logs neither the right key nor a wrong one", async () => {
    await server.post("/predict", request, { "X-API-Key": "wrong-but-secret" });
    await server.post("/predict", request, { "X-API-Key": KEY });
    expect(server.log.join(""))
      .to.include('"status":401')
      .and.not.to.match(/wrong-but-secret|battery/);
  });
});
