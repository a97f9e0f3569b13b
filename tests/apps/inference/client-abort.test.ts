import { connect } from "node:net";
import { expect } from "chai";
import { startTestServer, type TestServer, until } from "./support/server.ts";

describe("a client that goes away", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "words", env: { REQUEST_TIMEOUT_MS: "300" } });
  });
  after(() => server.stop());

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
      // Past the deadline of the bodies, so that their timers have had their chance to do harm.
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect((await server.post("/predict", { text: "good" })).status).to.equal(200);
      expect(server.log.join("")).not.to.match(/"level":"(error|fatal)"/);
    });
  }

  it("is named in the log as what it is", async () => {
    await until(() => server.log.some((line) => line.includes('"code":"aborted"')));
  });
});
