import { expect } from "chai";
import { freePort } from "../../../local/free-port.ts";
import { type Child, endChild, startChild } from "./support/child.ts";
import { keepAliveClient } from "./support/keep-alive-client.ts";
import { emptyRegistry, publish } from "./support/registry.ts";
import { send } from "./support/server.ts";

const CONNECTIONS = 20;
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe("SIGTERM under load", () => {
  let registry: { root: string; remove: () => Promise<void> };
  let child: Child | undefined;
  let stop = new AbortController();
  before(async () => {
    registry = await emptyRegistry();
    await publish(registry.root, ["half-plus-two", "1"]);
  });
  beforeEach(() => {
    stop = new AbortController();
  });
  afterEach(async () => {
    stop.abort();
    await endChild(child);
  });
  after(() => registry.remove());

  // Busy clients meet the server between two requests, slow ones find their connection idle when it closes.
  for (const [kind, pauseMs] of [["busy", 0] as const, ["unhurried", 20] as const, ["slow", 300] as const]) {
    it(`fails no request of ${kind} keep-alive clients, and exits 0`, async () => {
      const port = await freePort();
      child = startChild("main.ts", {
        MODEL_DIR: registry.root,
        MODEL_NAME: "half-plus-two",
        MODEL_VERSION: "1",
        HOST: "127.0.0.1",
        PORT: String(port),
        METRICS_PORT: "0",
        LOG_LEVEL: "info",
        DRAIN_SECONDS: "2",
        SHUTDOWN_SECONDS: "10",
      });
      await child.line(/model loaded/);
      const removed = new AbortController();
      const clients = Array.from({ length: CONNECTIONS }, () =>
        keepAliveClient(port, pauseMs, removed.signal, stop.signal),
      );
      await sleep(500);
      child.process.kill("SIGTERM");
      await child.line(/draining/);
      const ready = await send(`http://127.0.0.1:${port}/ready`, {});
      expect(ready.status).to.equal(503);
      expect(ready.body).to.deep.equal({ status: "not ready", model_loaded: false });
      await sleep(500);
      removed.abort();
      expect(await child.exited).to.equal(0);
      stop.abort();
      const outcomes = await Promise.all(clients);
      expect(outcomes.flatMap(({ failed }) => failed)).to.deep.equal([]);
      for (const { served } of outcomes) {
        expect(served).to.be.greaterThan(0);
      }
    });
  }
});
