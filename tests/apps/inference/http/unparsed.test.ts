import { expect } from "chai";
import { raw } from "../support/raw.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("an invalid HTTP request", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words" });
  });
  after(() => server.stop());

  const cases: readonly (readonly [string, string, number, string])[] = [
    ["bytes that are not HTTP", "hello\r\n\r\n", 400, "bad_request"],
    [
      "two lengths",
      "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      400,
      "bad_request",
    ],
    [
      "endless headers",
      `GET /health HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(100_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
    [
      "a target that is no URL",
      "POST http://a[b/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      400,
      "bad_request",
    ],
    ["a target that is no path", "GET health HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"],
    [
      "an unknown expectation",
      "GET /health HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n",
      417,
      "expectation_failed",
    ],
  ];
  for (const [what, bytes, status, code] of cases) {
    it(`${what} → ${status} with an error in the API's format; its id is logged, and the connection is closed`, async () => {
      const received = await raw(server.running.port, bytes, /"request_id":"[^"]+"\}\}$/);
      const [head = "", body = ""] = received.split("\r\n\r\n");
      expect(head)
        .to.match(new RegExp(`^HTTP/1\\.1 ${status} `))
        .and.to.match(/^connection: close$/im);
      const id = /^X-Request-ID: (\S+)$/im.exec(head)?.[1];
      expect(JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)).error).to.include({
        code,
        request_id: id,
      });
      const line = server.log.map((line) => JSON.parse(line)).find((line) => line.request_id === id);
      expect(line).to.include({ status, code });
    });
  }

  it("does not include an absolute URL, as sent to a proxy", async () => {
    const received = await raw(
      server.running.port,
      "GET http://models.example.com/health?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
      /healthy/,
    );
    expect(received).to.match(/^HTTP\/1\.1 200 /);
  });

  it("does not affect the server", async () => {
    expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
  });
});
