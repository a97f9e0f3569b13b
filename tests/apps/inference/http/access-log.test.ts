import { connect } from "node:net";
import { expect } from "chai";
import { startChild } from "../support/child.ts";
import { emptyRegistry, publish } from "../support/registry.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("the log", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("has one JSON line per request, without the body", async () => {
    server = await startTestServer({ model: "words" });
    await server.post("/predict?token=in-the-query", { text: "a private good thing" });
    const line = await until(() => server.log.find((entry) => entry.includes('"/predict"')));
    expect(JSON.parse(line)).to.include({ level: "info", method: "POST", path: "/predict", status: 200, rows: 1 });
    expect(server.log.join("")).not.to.match(/private|in-the-query/);
  });

  it("omits probes at the default level", async () => {
    server = await startTestServer({ model: "linear", env: { LOG_LEVEL: "info" } });
    await server.get("/health");
    await server.get("/models");
    await until(() => server.log.some((entry) => entry.includes('"/models"')));
    expect(server.log.join("")).not.to.include('"/health"');
  });

  it("is JSON whatever the path contains, with the common fields", async () => {
    server = await startTestServer({ model: "linear" });
    const before = Date.now();
    const socket = connect(server.running.port, "127.0.0.1");
    socket.end('GET /a"b\\c?d HTTP/1.1\r\nHost: x\r\nX-Request-ID: from-outside\r\nConnection: close\r\n\r\n');
    const line = await until(() => server.log.find((entry) => entry.includes("from-outside")));
    const { time, ms, ...fields } = JSON.parse(line);
    expect(fields).to.deep.equal({
      level: "info",
      service: "inference",
      request_id: "from-outside",
      method: "GET",
      path: '/a"b\\c',
      status: 404,
      code: "not_found",
      message: "request",
    });
    expect(Date.parse(time)).to.be.within(before, Date.now());
    expect(time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(ms).to.be.a("number");
  });

  it("is complete when the process exits, although lines are buffered", async function () {
    this.timeout(60_000);
    const { root, remove } = await emptyRegistry();
    try {
      await publish(root, ["linear", "1"]);
      const child = startChild("main.ts", {
        ...{ MODEL_DIR: root, MODEL_NAME: "linear", MODEL_VERSION: "1", HOST: "127.0.0.1" },
        ...{ PORT: "0", METRICS_PORT: "0", DRAIN_SECONDS: "0" },
      });
      const { port } = JSON.parse(await child.line(/"listening"/));
      await child.line(/"model loaded"/);
      await fetch(`http://127.0.0.1:${port}/models`);
      child.process.kill("SIGTERM");
      expect(await child.exited).to.equal(0);
      const messages = child.stdout.map((line) => JSON.parse(line).message);
      expect(messages).to.include.members(["request", "closed"]);
      expect(messages.at(-1)).to.equal("closed");
    } finally {
      await remove();
    }
  });
});
