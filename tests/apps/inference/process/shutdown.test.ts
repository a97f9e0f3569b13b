import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { holdPauses } from "../support/clock.ts";
import { fakeModel } from "../support/fake-model.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("shutting down", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("answers requests in progress before it closes", async () => {
    const model = fakeModel();
    server = await startTestServer({ model: "half-plus-two", open: model.open, env: { MAX_BATCH_SIZE: "1" } });
    const release = model.hold();
    const waiting = [1, 2, 3].map((x) => server.post("/predict", { instances: [x] }));
    await until(async () => /model_queue_depth\{[^}]*\} 2/.test((await server.get("/metrics")).body));
    const closed = server.running.shutDown();
    await until(
      async () =>
        await fetch(server.url).then(
          () => false,
          () => true,
        ),
    );
    release();
    const answers = await Promise.all(waiting);
    expect(answers.map(({ body }) => body.predictions)).to.deep.equal([[2.5], [3], [3.5]]);
    await closed;
  });

  it("reports not ready at every readiness endpoint, and still answers predictions", async () => {
    server = await startTestServer({ model: "linear", env: { DRAIN_SECONDS: "3000", SHUTDOWN_SECONDS: "3600" } });
    const places = ["/ready", "/v2/health/ready", "/v2/models/linear/ready", "/v1/models/linear"];
    for (const place of places) {
      expect((await server.get(place)).status, place).to.equal(200);
    }
    void server.running.shutDown();
    for (const place of places) {
      expect((await server.get(place)).status, place).to.equal(503);
    }
    expect((await server.post("/predict", { features: [1, 2, 3] })).status).to.equal(200);
    await server.running.shutDown();
  });

  it("sends Connection: close in the second half of the drain, and not before", async () => {
    server = await startTestServer({ model: "linear", env: { DRAIN_SECONDS: "3000", SHUTDOWN_SECONDS: "3600" } });
    const halves = holdPauses(1_500_000);
    const closed = server.running.shutDown();
    const early = await server.post("/predict", { features: [1, 2, 3] });
    expect(early.status).to.equal(200);
    expect(early.headers.get("connection")).to.equal("keep-alive");
    halves.endNext();
    const late = await until(async () => {
      const answer = await server.post("/predict", { features: [1, 2, 3] });
      return answer.headers.get("connection") === "close" ? answer : undefined;
    });
    expect(late.status).to.equal(200);
    halves.endNext();
    await closed;
    halves.restore();
  });

  it("closes the connection of a client that never finishes after SHUTDOWN_SECONDS", async () => {
    server = await startTestServer({ model: "linear", env: { SHUTDOWN_SECONDS: "0.3" } });
    const socket = connect(server.running.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    await server.get("/health");
    await server.running.shutDown();
    expect(server.log.join("")).to.include("closing the connections that are still open");
  });

  it("does not wait for a hanging model", async () => {
    const model = fakeModel();
    server = await startTestServer({ model: "half-plus-two", open: model.open, env: { SHUTDOWN_SECONDS: "0.3" } });
    model.hold();
    const lost = server.post("/predict", { instances: [1] }).catch(() => "cut");
    await until(() => model.runs.length === 1);
    await server.running.shutDown();
    expect(await lost).to.equal("cut");
  });

  it("skips the rest of the drain on a second shutdown request", async () => {
    server = await startTestServer({ model: "linear", env: { DRAIN_SECONDS: "3000", SHUTDOWN_SECONDS: "3600" } });
    const closed = server.running.shutDown();
    void server.running.shutDown();
    await closed;
    expect(await fetch(server.url).catch(() => "refused")).to.equal("refused");
  });

  it("does not wait for a connection on which nothing was received", async () => {
    server = await startTestServer({ model: "linear", env: { SHUTDOWN_SECONDS: "3600" } });
    const socket = connect(server.running.port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    await server.get("/health");
    await server.running.shutDown();
    expect(server.log.join("")).not.to.include("closing the connections");
  });

  it("closes open connections on another shutdown request after the drain", async () => {
    server = await startTestServer({ model: "linear", env: { SHUTDOWN_SECONDS: "3600" } });
    const socket = connect(server.running.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
    await server.get("/health");
    const closed = server.running.shutDown();
    await until(() =>
      fetch(server.url).then(
        () => false,
        () => true,
      ),
    );
    void server.running.shutDown();
    expect(await closed).to.equal(true);
    expect(server.log.join("")).to.include("closing the connections that are still open");
  });
});
