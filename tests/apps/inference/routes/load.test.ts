import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("GET /load", () => {
  let server: TestServer;
  afterEach(() => server.stop());
  const start = (env: Record<string, string>) => startTestServer({ model: "linear", env });

  it("is 404 by default", async () => {
    server = await start({});
    expect((await server.get("/load")).status).to.equal(404);
  });

  it("uses as much CPU time as requested", async () => {
    server = await start({ LOAD_ENDPOINT: "true" });
    const before = process.cpuUsage();
    const { status, body } = await server.get("/load?ms=200");
    const { user, system } = process.cpuUsage(before);
    expect(status).to.equal(200);
    expect(body).to.deep.equal({ burned_ms: 200 });
    expect(user + system).to.be.at.least(200_000);
  });

  it("uses 100 ms by default", async () => {
    server = await start({ LOAD_ENDPOINT: "true" });
    expect((await server.get("/load")).body).to.deep.equal({ burned_ms: 100 });
  });

  it("does not block other requests", async () => {
    server = await start({ LOAD_ENDPOINT: "true" });
    const order: string[] = [];
    await Promise.all([
      server.get("/load?ms=1000").then(() => order.push("load")),
      server.get("/health").then(() => order.push("health")),
    ]);
    expect(order).to.deep.equal(["health", "load"]);
  });

  for (const query of ["ms=0", "ms=1001", "ms=1e2", "ms=", "ms=1&ms=2", "ms=-5"]) {
    it(`rejects ${query}`, async () => {
      server = await start({ LOAD_ENDPOINT: "true" });
      const { status, body } = await server.get(`/load?${query}`);
      expect(status).to.equal(422);
      expect(body.error.path).to.equal("ms");
    });
  }

  it("requires the API key", async () => {
    server = await start({ LOAD_ENDPOINT: "true", API_KEY: "secret" });
    expect((await server.get("/load?ms=1")).status).to.equal(401);
  });
});
