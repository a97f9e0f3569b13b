import { expect } from "chai";
import { Batcher } from "../../../../apps/inference/batching/batcher.ts";
import { type BatchingState, createBatchingState } from "../../../../apps/inference/batching/state.ts";
import type { Model } from "../../../../apps/inference/model/model.ts";
import type { Tensors } from "../../../../apps/inference/model/tensor.ts";
import { type Clock, takeClock } from "../support/clock.ts";
import { startFullModel } from "../support/full-model.ts";

describe("a flood on one model", () => {
  it("fills its own queue only; other models still respond", async () => {
    const { server, ask, release } = await startFullModel(10);
    try {
      for (let turn = 0; turn < 20; turn++) {
        const rejected = await ask();
        expect(rejected.status).to.equal(503);
        expect(rejected.headers.get("retry-after")).to.equal("1");
        const answered = await server.post("/models/linear/predict", { features: [1, 2, 3] });
        expect(answered.status).to.equal(200);
      }
      const { body: metrics } = await server.get("/metrics");
      expect(metrics).to.include('model_requests_total{model="linear",version="1",status="rejected"} 0');
      expect(metrics).to.include('model_requests_total{model="half-plus-two",version="1",status="rejected"} 20');
      expect((await release()).map(({ status }) => status)).to.deep.equal(new Array(11).fill(200));
    } finally {
      await release();
      await server.stop();
    }
  });
});

describe("models that run on the event loop", () => {
  const INPUTS: Tensors = new Map([["x", { datatype: "FP32", shape: [1], data: new Float32Array(1) }]]);
  /** A deadline that no request reaches. */
  const FAR = Number.POSITIVE_INFINITY;
  // Rounds also have a time limit, which would make them differ from run to run on a busy machine.
  let clock: Clock;
  let state: BatchingState;
  beforeEach(() => {
    clock = takeClock({ frozen: true });
    state = createBatchingState();
  });
  afterEach(() => clock.restore());

  /** The queue of a model that runs synchronously and records its runs. */
  function queueOf(name: string, runs: string[], maxQueueSize = 1000): Batcher {
    const model: Model = {
      metadata: undefined as unknown as Model["metadata"],
      ...{ batched: true, maxRows: Number.POSITIVE_INFINITY, ragged: false },
      run(inputs) {
        runs.push(name);
        return inputs;
      },
      async close() {},
    };
    return new Batcher(model, { ...state, maxBatchSize: 1, maxQueueSize });
  }

  it("take turns: a request waits for one run of each other model, however long their queues are", async () => {
    const runs: string[] = [];
    const flooded = [queueOf("one", runs), queueOf("other", runs)];
    const last = queueOf("last", runs);
    const flood = flooded.flatMap((batcher) => Array.from({ length: 500 }, () => batcher.submit(INPUTS, 1, FAR)));
    for (let request = 0; request < 20; request++) {
      const before = runs.length;
      await last.submit(INPUTS, 1, FAR);
      expect(runs.indexOf("last", before) - before).to.be.at.most(flooded.length);
    }
    // The flood must still be running at this point.
    expect(flooded.map(({ waiting }) => waiting.rows > 0)).to.deep.equal([true, true]);
    await Promise.all(flood);
  });

  it("also take turns while one of them rejects requests", async () => {
    const runs: string[] = [];
    const full = queueOf("full", runs, 500);
    const last = queueOf("last", runs);
    const flood = Array.from({ length: 600 }, () => full.submit(INPUTS, 1, FAR).then(Boolean, () => false));
    for (let request = 0; request < 20; request++) {
      const before = runs.length;
      await last.submit(INPUTS, 1, FAR);
      expect(runs.indexOf("last", before) - before).to.be.at.most(1);
    }
    expect(full.waiting.rows).to.be.greaterThan(0);
    expect((await Promise.all(flood)).filter((answered) => !answered)).to.have.length(100);
  });
});
