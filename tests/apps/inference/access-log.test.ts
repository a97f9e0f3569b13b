import { expect } from "chai";
import { startTestServer, type TestServer, until } from "./support/server.ts";

describe("the log", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("has one JSON line a request, without what was sent", async () => {
    server = await startTestServer({ model: "words" });
    await server.post("/predict?token=in-the-query", { text: "a private good thing" });
    const line = await until(() => server.log.find((entry) => entry.includes('"/predict"')));
    expect(JSON.parse(line)).to.include({ level: "info", method: "POST", path: "/predict", status: 200, rows: 1 });
    expect(server.log.join("")).not.to.match(/private|in-the-query/);
  });

  it("says nothing of probes at the default level", async () => {
    server = await startTestServer({ model: "linear", env: { LOG_LEVEL: "info" } });
    await server.get("/health");
    await server.get("/models");
    await until(() => server.log.some((entry) => entry.includes('"/models"')));
    expect(server.log.join("")).not.to.include('"/health"');
  });
});
