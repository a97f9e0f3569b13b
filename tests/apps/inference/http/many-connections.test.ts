import { connect } from "node:net";
import { expect } from "chai";
import type { Model } from "../../../../apps/inference/model/model.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** A run this long makes everything else on the event loop negligible. */
const RUN_MS = 5;

const CLIENTS = 40;

/** Half-plus-two, computed slowly on the event loop. */
function busyModel() {
  let runs = 0;
  const open = async (metadata: Model["metadata"]): Promise<Model> => ({
    metadata,
    batched: true,
    maxRows: 1,
    ragged: false,
    run(inputs) {
      runs += 1;
      const end = performance.now() + RUN_MS;
      while (performance.now() < end) {}
      const [x = 0] = (inputs.get("x")?.data ?? []) as Float32Array;
      return new Map([["y", { datatype: "FP32", shape: [1], data: Float32Array.of(x / 2 + 2) }]]);
    },
    async close() {},
  });
  return { open, runs: () => runs };
}

describe("many clients that connect at once while the model is busy", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("are not accepted one at a time with a run in between", async () => {
    const model = busyModel();
    server = await startTestServer({ model: "half-plus-two", open: model.open });
    let isOver = false;
    const keepBusy = Array.from({ length: 4 }, async () => {
      while (!isOver) await server.post("/predict", { instances: [1] });
    });
    // These requests keep the server busy on existing connections, so that the following ones are the only new ones.
    while (model.runs() < 20) await new Promise((resolve) => setTimeout(resolve, 1));
    const before = model.runs();
    await Promise.all(Array.from({ length: CLIENTS }, () => health(server.running.port)));
    isOver = true;
    // Two or three, or more if the kernel delivers the connections slowly.
    expect(model.runs() - before).to.be.lessThan(CLIENTS / 2);
    await Promise.all(keepBusy);
  });
});

/** One request on a new connection. */
function health(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject);
    socket.once("data", () => {
      socket.destroy();
      resolve();
    });
    socket.write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  });
}
