import { expect } from "chai";
import { startTestServer, type TestServer } from "../support/server.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("the request id", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "linear" });
  });
  after(() => server.stop());

  it("is the caller's, in the response and in the log", async () => {
    const { headers } = await server.get("/models", { "X-Request-ID": "trace-42/a" });
    expect(headers.get("x-request-id")).to.equal("trace-42/a");
    expect(server.log.join("")).to.include('"request_id":"trace-42/a"');
  });

  it("is generated if the caller sends none, a new one each time", async () => {
    const first = (await server.get("/models")).headers.get("x-request-id");
    const second = (await server.get("/models")).headers.get("x-request-id");
    expect(first).to.match(UUID);
    expect(second).to.match(UUID).and.not.to.equal(first);
  });

  for (const bad of ["a b", 'a"}', "x".repeat(129), "é"]) {
    it(`is generated if the caller's is ${JSON.stringify(bad.slice(0, 10))}…`, async () => {
      const { headers } = await server.get("/models", { "X-Request-ID": bad });
      expect(headers.get("x-request-id")).to.match(UUID);
    });
  }

  it("is in the error body", async () => {
    const { body } = await server.get("/nothing", { "X-Request-ID": "lost" });
    expect(body.error.request_id).to.equal("lost");
  });
});
