import { rm } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { publish } from "../support/registry.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("the probes", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("report healthy and ready once the model is served", async () => {
    server = await startTestServer({ model: "iris" });
    const health = await server.get("/health");
    expect(health.status).to.equal(200);
    expect(health.body).to.deep.equal({ status: "healthy", model: "iris", version: "1" });
    const ready = await server.get("/ready");
    expect(ready.status).to.equal(200);
    expect(ready.body).to.deep.equal({ status: "ready", model_loaded: true });
  });

  it("report healthy but not ready without a model, and ready once one is published", async () => {
    server = await startTestServer({ model: "words", published: [], wait: false });
    const before = await server.get("/ready");
    expect(before.status).to.equal(503);
    expect(before.body).to.deep.equal({ status: "not ready", model_loaded: false });
    expect((await server.get("/health")).status).to.equal(200);
    const rejected = await server.post("/predict", { text: "good" });
    expect(rejected.status).to.equal(503);
    expect(rejected.headers.get("retry-after")).to.equal("1");

    await publish(server.root, ["words", "1"]);
    await until(async () => (await server.get("/ready")).status === 200);
    expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
  });

  it("need no API key, like metrics and unlike everything else", async () => {
    server = await startTestServer({ model: "iris", env: { API_KEY: "k" } });
    for (const open of ["/health", "/ready", "/metrics"]) {
      expect((await server.get(open)).status, open).to.equal(200);
    }
  });

  it("stay ready when the volume disappears after loading", async () => {
    server = await startTestServer({ model: "iris" });
    await rm(path.join(server.root, "iris"), { recursive: true });
    expect((await server.get("/ready")).status).to.equal(200);
  });
});
