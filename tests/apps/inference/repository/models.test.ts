import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import { indexFile } from "../../../../apps/registry/layout.ts";
import { publish } from "../support/registry.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("GET /models", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("is the registry index, including versions published since the start", async () => {
    server = await startTestServer({ model: "linear" });
    const before = await server.get("/models");
    expect(before.status).to.equal(200);
    expect(before.body).to.deep.equal({ models: [{ name: "linear", versions: ["1"], latest: "1" }] });

    await publish(server.root, ["linear", "1"], ["linear", "2"], ["iris", "1"]);
    expect((await server.get("/models")).body).to.deep.equal({
      models: [
        { name: "linear", versions: ["1", "2"], latest: "2" },
        { name: "iris", versions: ["1"], latest: "1" },
      ],
    });
  });

  it("is an empty index if there is no registry yet", async () => {
    server = await startTestServer({ model: "linear", published: [], wait: false });
    expect((await server.get("/models")).body).to.deep.equal({ models: [] });
  });

  it("is 503 with the reason if the index is broken, and predictions continue", async () => {
    server = await startTestServer({ model: "linear" });
    await writeFile(indexFile(server.root), "{");
    const { status, body } = await server.get("/models");
    expect(status).to.equal(503);
    expect(body.error.code).to.equal("registry_unavailable");
    expect((await server.post("/predict", { features: [1, 2, 3] })).status).to.equal(200);
  });
});
