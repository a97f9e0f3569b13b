import { expect } from "chai";
import { publishWorse } from "../support/registry.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("the version that is served", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  const published = [["words", "1"] as const, ["words", "2"] as const, ["words", "10"] as const];

  it("is the newest in the index for `latest`", async () => {
    server = await startTestServer({ model: "words", published, env: { MODEL_VERSION: "latest" } });
    expect((await server.get("/health")).body.version).to.equal("10");
    const { headers, body } = await server.post("/predict", { text: "good" });
    expect(body.version).to.equal("10");
    expect(headers.get("x-model-version")).to.equal("10");
  });

  it("is the requested one, even if there are newer ones", async () => {
    server = await startTestServer({ model: "words", published, env: { MODEL_VERSION: "2" } });
    expect((await server.post("/predict", { text: "good" })).body.version).to.equal("2");
  });

  it("is never one marked as a regression, unless it is requested", async () => {
    server = await startTestServer({ model: "words", published: [], wait: false, env: { MODEL_VERSION: "all" } });
    await publishWorse(server.root, "words");
    await server.running.loaded;
    expect((await server.post("/predict", { text: "good" })).body.version).to.equal("1");
    expect((await server.get("/v2/models/words/versions/2/ready")).status).to.equal(200);
  });
});
