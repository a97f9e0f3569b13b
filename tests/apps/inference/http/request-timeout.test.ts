import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server } from "node:http";
import { connect } from "node:net";
import { expect } from "chai";
import { type Clock, passDeadlines, takeClock } from "../support/clock.ts";
import { fakeModel } from "../support/fake-model.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("a request that takes too long", () => {
  let server: TestServer;
  let clock: Clock | undefined;
  afterEach(async () => {
    clock?.restore();
    await server.stop();
  });

  it("is answered 504 while the model hangs, and so is one that waits behind it", async () => {
    const model = fakeModel();
    clock = takeClock();
    server = await startTestServer({ model: "half-plus-two", open: model.open, env: { REQUEST_TIMEOUT_MS: "600000" } });
    const release = model.hold();
    const first = server.post("/predict", { instances: [1] });
    await until(() => model.runs.length === 1);
    const second = server.post("/predict", { instances: [2] });
    await until(async () => /^model_queue_depth\{[^}]*\} 1$/m.test((await server.get("/metrics")).body));
    await passDeadlines(clock, server.deadlines, 600_000);
    for (const { status, body } of await Promise.all([first, second])) {
      expect(status).to.equal(504);
      expect(body.error.code).to.equal("timeout");
    }
    // Both have been answered and have left the queue.
    expect((await server.get("/metrics")).body).to.match(/^model_queue_depth\{[^}]*\} 0$/m);
    release();
    expect((await server.post("/predict", { instances: [3] })).body.predictions).to.deep.equal([3.5]);
    // The second one has timed out, so it must not be run.
    expect(model.runs).to.deep.equal([[1], [3]]);
  });

  it("is answered 408 while its body does not arrive", async () => {
    server = await startTestServer({ model: "linear", env: { REQUEST_TIMEOUT_MS: "200" } });
    const socket = connect(server.running.port, "127.0.0.1");
    socket.write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
    let received = "";
    for await (const chunk of socket) {
      received += String(chunk);
    }
    expect(received)
      .to.match(/^HTTP\/1\.1 408 /)
      .and.to.match(/body_timeout/);
  });

  it("is timed out by the API, not earlier by Node.js", async () => {
    server = await startTestServer({ model: "linear", env: { REQUEST_TIMEOUT_MS: "3600000" } });
    let nodes = 0;
    const look = (message: unknown) => {
      nodes = (message as { server: Server }).server.requestTimeout;
    };
    subscribe("http.server.request.start", look);
    await server.get("/health");
    unsubscribe("http.server.request.start", look);
    expect(nodes).to.be.above(3_600_000);
  });
});
