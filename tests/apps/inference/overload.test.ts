import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { fakeModel } from "./support/fake-model.ts";
import { startTestServer, type TestServer, until } from "./support/server.ts";

describe("more requests than the queue holds", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("are told to come back, and those in the queue are answered", async () => {
    const model = fakeModel();
    server = await startTestServer({
      model: "half-plus-two",
      open: model.open,
      env: { MAX_QUEUE_SIZE: "4", MAX_BATCH_SIZE: "2" },
    });
    const release = model.hold();
    const running = server.post("/predict", { instances: [0] });
    await until(() => model.runs.length === 1);
    const queued = [1, 2, 3, 4].map((x) => server.post("/predict", { instances: [x] }));
    await until(async () => /model_queue_depth\{[^}]*\} 4/.test((await server.get("/metrics")).body));

    const refused = await server.post("/predict", { instances: [5] });
    expect(refused.status).to.equal(503);
    expect(refused.headers.get("retry-after")).to.equal("1");
    expect(refused.body.error.code).to.equal("overloaded");
    // What cannot be taken is not read either: refusals must cost next to nothing, or they would cost the others answers.
    expect((await server.post("/predict", "not read")).status).to.equal(503);

    release();
    const answers = await Promise.all([running, ...queued]);
    expect(answers.map(({ body }) => body.predictions)).to.deep.equal([[2], [2.5], [3], [3.5], [4]]);
    expect((await server.post("/predict", { instances: [5] })).status).to.equal(200);
    const { body } = await server.get("/metrics");
    expect(body).to.match(/model_requests_total\{[^}]*status="rejected"\} 2/);
    expect(body).to.match(/model_queue_depth\{[^}]*\} 0/);
  });
});

describe("more requests than a model answers in the time they may take", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("are refused at once where they would wait in vain", async () => {
    const model = fakeModel();
    const slow: typeof model.open = async (metadata, artefact) => {
      const opened = await model.open(metadata, artefact);
      return {
        ...opened,
        run: async (inputs) => {
          await sleep(50);
          return opened.run(inputs);
        },
      };
    };
    server = await startTestServer({
      model: "half-plus-two",
      open: slow,
      env: { MAX_BATCH_SIZE: "1", REQUEST_TIMEOUT_MS: "500" },
    });
    for (let request = 0; request < 12; request++) {
      expect((await server.post("/predict", { instances: [0] })).status).to.equal(200);
    }
    const answers = await Promise.all(Array.from({ length: 30 }, () => server.post("/predict", { instances: [1] })));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.map(({ body }) => body.error.code)).to.include("overloaded");
    // About ten may be answered in time, and a slow machine answers fewer; the queue would have held all.
    expect(refused.length).to.be.at.least(15);
    expect(answers.some(({ status }) => status === 200)).to.equal(true);
  });
});
