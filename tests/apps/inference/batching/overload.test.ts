import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type Clock, takeClock } from "../support/clock.ts";
import { fakeModel } from "../support/fake-model.ts";
import { type FullModel, startFullModel } from "../support/full-model.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("more requests than the queue holds", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  it("are rejected with Retry-After, and those in the queue are answered", async () => {
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

    const rejected = await server.post("/predict", { instances: [5] });
    expect(rejected.status).to.equal(503);
    expect(rejected.headers.get("retry-after")).to.equal("1");
    expect(rejected.body.error.code).to.equal("overloaded");
    // Rejected requests are not read: rejections must cost little, or they would delay other requests.
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

describe("a request that arrives while others are being rejected", () => {
  const HALF = "/models/half-plus-two/predict";
  const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const key = { "X-API-Key": "secret" };
  let full: FullModel;
  let server: TestServer;

  before(async () => {
    full = await startFullModel(2, "secret");
    server = full.server;
  });
  beforeEach(async () => {
    expect((await full.ask()).status).to.equal(503);
  });
  after(async () => {
    expect((await full.release()).map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    await server.stop();
  });

  const read = async (line: RegExp) => Number(line.exec((await server.get("/metrics")).body)?.[1]);
  const rejectedCount = () => read(/^model_requests_total\{model="half.*"rejected"\} (\d+)/m);
  const unavailable = () => read(/^http_requests_total\{method="POST",code="503"\} (\d+)/m);

  it("gets a complete response, and is counted and logged", async () => {
    const before = await rejectedCount();
    const answered = await unavailable();
    const headers = { ...key, "X-Request-ID": "rejected-1", traceparent: TRACEPARENT };
    const rejected = await server.post(`${HALF}?query=1`, { instances: [1] }, headers);
    expect(rejected.status).to.equal(503);
    expect(rejected.body).to.deep.equal({
      error: {
        code: "overloaded",
        message: "the queue of 2 rows is full; try again shortly",
        request_id: "rejected-1",
      },
    });
    expect(rejected.headers.get("content-type")).to.equal("application/json; charset=utf-8");
    expect(rejected.headers.get("retry-after")).to.equal("1");
    expect(rejected.headers.get("x-request-id")).to.equal("rejected-1");
    expect(rejected.headers.get("traceparent")).to.equal(TRACEPARENT);
    expect(await rejectedCount()).to.equal(before + 1);
    expect(await unavailable()).to.equal(answered + 1);
    const line = await until(() =>
      server.log.map((each) => JSON.parse(each)).find((each) => each.request_id === "rejected-1"),
    );
    expect(line).to.include({ level: "warn", method: "POST", path: HALF, status: 503, code: "overloaded" });
    expect(line).to.include({ trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", message: "request" });
  });

  for (const path of ["/v1/models/half-plus-two:predict", "/v2/models/half-plus-two/versions/1/infer"]) {
    it(`gets an error in the format of its protocol: ${path}`, async () => {
      const rejected = await server.post(path, {}, key);
      expect(rejected.status).to.equal(503);
      expect(rejected.body).to.deep.equal({ error: "the queue of 2 rows is full; try again shortly" });
    });
  }

  for (const [who, pauseMs] of [
    ["", 0],
    [", also for the first one", 150],
  ] as const) {
    it(`leaves its connection usable, no matter how much is sent after the rejection${who}`, async () => {
      const socket = connect(server.running.port, "127.0.0.1");
      let received = "";
      socket.setEncoding("latin1").on("data", (chunk) => {
        received += chunk;
      });
      const head = (length: number) =>
        `POST ${HALF} HTTP/1.1\r\nHost: x\r\nX-API-Key: secret\r\nContent-Length: ${length}\r\n\r\n`;
      try {
        for (const length of [2, 300_000, 0]) {
          await sleep(pauseMs);
          // Only the part of the body that was sent with the headers has arrived when it is rejected.
          received = "";
          socket.write(head(length) + "x".repeat(Math.min(length, 1000)));
          await until(() => received.includes('"overloaded"'));
          socket.write("x".repeat(Math.max(0, length - 1000)));
        }
        received = "";
        socket.write("GET /ready HTTP/1.1\r\nHost: x\r\n\r\n");
        await until(() => received.includes('"model_loaded":true'));
        expect(received).to.match(/^HTTP\/1\.1 200 /);
      } finally {
        socket.destroy();
      }
    });
  }

  it("gets 401 without the API key", async () => {
    const rejected = await server.post(HALF, { instances: [1] }, { "X-API-Key": "wrong" });
    expect(rejected.status).to.equal(401);
    expect(rejected.headers.get("www-authenticate")).to.equal("ApiKey");
  });

  it("is answered if it is for another model or for no model", async () => {
    const answered = await server.post("/models/linear/predict", { features: [1, 2, 3] }, key);
    expect(answered.status).to.equal(200);
    expect((await server.post("/models/none/predict", {}, key)).status).to.equal(404);
    expect((await server.post("/predict", {}, key)).status).to.equal(404);
    expect((await server.post("/health", {}, key)).status).to.equal(405);
    expect((await server.post("/v2/repository/index", {}, key)).status).to.equal(200);
    expect((await server.get("/ready")).status).to.equal(200);
  });
});

describe("more requests than a model can answer within their time limit", () => {
  let server: TestServer;
  let clock: Clock;
  beforeEach(() => {
    clock = takeClock();
  });
  afterEach(async () => {
    clock.restore();
    await server.stop();
  });

  it("are rejected at once if they would time out in the queue", async () => {
    const model = fakeModel();
    const slow: typeof model.open = async (metadata, artifact) => {
      const opened = await model.open(metadata, artifact);
      return {
        ...opened,
        run: async (inputs) => {
          const outputs = await opened.run(inputs);
          clock.advance(50_000);
          return outputs;
        },
      };
    };
    server = await startTestServer({
      model: "half-plus-two",
      open: slow,
      env: { MAX_BATCH_SIZE: "1", REQUEST_TIMEOUT_MS: "500000" },
    });
    const ask = () => server.post("/predict", { instances: [0] });
    for (let request = 0; request < 12; request++) {
      expect((await ask()).status).to.equal(200);
    }
    const release = model.hold();
    const running = ask();
    await until(() => model.runs.length === 13);
    const answers = Array.from({ length: 29 }, ask);
    // Only ten more can be answered in time, although the queue has room for all of them.
    const rejected = await until(async () => {
      const { body } = await server.get("/metrics");
      return /^model_requests_total\{.*status="rejected"\} 19$/m.test(body);
    });
    expect(rejected).to.equal(true);
    release();
    expect((await running).status).to.equal(200);
    const codes = (await Promise.all(answers)).map(({ status, body }) => (status === 503 ? body.error.code : ""));
    expect(codes.filter((code) => code === "overloaded")).to.have.length(19);
  });
});
