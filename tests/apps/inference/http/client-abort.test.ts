import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { type Clock, passDeadlines, takeClock } from "../support/clock.ts";
import { fakeModel } from "../support/fake-model.ts";
import { startTestServer, type TestServer, until } from "../support/server.ts";

describe("a client that disconnects", () => {
  let server: TestServer;
  let clock: Clock;
  before(async () => {
    clock = takeClock();
    server = await startTestServer({ model: "words", env: { REQUEST_TIMEOUT_MS: "600000" } });
  });
  after(async () => {
    clock.restore();
    await server.stop();
  });

  const HEAD = "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

  for (const [when, bytes] of [
    ["in the middle of its body", `${HEAD}Content-Length: 100\r\n\r\n{"text":`],
    ["in the middle of its headers", "POST /predict HTTP/1.1\r\nHos"],
    ["before its answer", `${HEAD}Content-Length: 15\r\n\r\n{"text":"good"}`],
    ["after nonsense", "\u0000\u0001\u0002 nonsense\r\n\r\n"],
  ] as const) {
    it(`${when} does not disturb the others`, async () => {
      for (let index = 0; index < 20; index++) {
        const socket = connect(server.running.port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write(bytes, () => socket.resetAndDestroy());
      }
      // Connections are accepted in order: once this one is accepted, so are all of the others.
      const last = connect(server.running.port, "127.0.0.1");
      last.write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      await last.toArray();
      // Past the deadline for request bodies, so that a timer that was not cancelled would have fired.
      await passDeadlines(clock, server.deadlines, 600_000);
      expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
      expect(server.log.join("")).not.to.match(/"level":"(error|fatal)"/);
    });
  }

  it("is logged as aborted", async () => {
    await until(() => server.log.some((line) => line.includes('"code":"aborted"')));
  });
});

describe("a client that disconnects while it waits in the queue", () => {
  let server: TestServer;
  afterEach(() => server.stop());

  /** A server whose model is busy with instance 0, and a number of clients that wait behind it. */
  async function waiting(count: number) {
    const model = fakeModel();
    server = await startTestServer({
      model: "half-plus-two",
      open: model.open,
      env: { MAX_QUEUE_SIZE: "4", MAX_BATCH_SIZE: "1" },
    });
    const release = model.hold();
    const running = server.post("/predict", { instances: [0] });
    await until(() => model.runs.length === 1);
    const clients = Array.from({ length: count }, (_, index) => raw(`{"instances":[${index + 1}]}`));
    await depth(count);
    return { model, running, release, clients };
  }

  function raw(body: string): Socket {
    const socket = connect(server.running.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return socket;
  }

  const depth = (rows: number) =>
    until(async () => new RegExp(`model_queue_depth\\{[^}]*\\} ${rows}\n`).test((await server.get("/metrics")).body));

  it("frees its place in a full queue", async () => {
    const { model, running, release, clients } = await waiting(4);
    expect((await server.post("/predict", { instances: [9] })).status).to.equal(503);
    for (const client of clients) client.resetAndDestroy();
    const other = until(async () => {
      const answer = await server.post("/predict", { instances: [9] });
      return answer.status === 200 ? answer : undefined;
    });
    await depth(1);
    release();
    expect((await other).body.predictions).to.deep.equal([6.5]);
    expect((await running).status).to.equal(200);
    expect(model.runs).to.deep.equal([[0], [9]]);
  });

  it("does not cause a model run", async () => {
    const { model, running, release, clients } = await waiting(3);
    const [gone, ...stay] = clients;
    gone?.resetAndDestroy();
    await depth(2);
    const answered = stay.map((client) => new Promise((resolve) => client.once("data", resolve)));
    release();
    await Promise.all([running, ...answered]);
    expect(model.runs).to.deep.equal([[0], [2], [3]]);
    for (const client of stay) client.destroy();
  });
});
