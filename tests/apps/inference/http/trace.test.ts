import { expect } from "chai";
import { startTestServer, type TestServer, until } from "../support/server.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe("a request with a W3C trace context", () => {
  let server: TestServer;
  before(async () => {
    server = await startTestServer({ model: "half-plus-two" });
  });
  after(() => server.stop());

  const logged = (id: string) =>
    until(() => server.log.map((line) => JSON.parse(line)).find((line) => line.request_id === id));

  it("gets it back, and its trace id is logged", async () => {
    const headers = { traceparent: TRACEPARENT, "X-Request-ID": "traced" };
    const answer = await server.post("/predict", { instances: [1] }, headers);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("traceparent")).to.equal(TRACEPARENT);
    expect((await logged("traced")).trace_id).to.equal(TRACE_ID);
  });

  it("also gets its tracestate back, if that is valid and comes with a traceparent", async () => {
    const tracestate = "vendor=t61rcWkgMzE,other@system=1";
    const passedOn = async (headers: Record<string, string>) =>
      (await server.post("/predict", { instances: [1] }, headers)).headers.get("tracestate");
    expect(await passedOn({ traceparent: TRACEPARENT, tracestate })).to.equal(tracestate);
    expect(await passedOn({ traceparent: TRACEPARENT })).to.equal(null);
    expect(await passedOn({ traceparent: "nonsense", tracestate })).to.equal(null);
    expect(await passedOn({ tracestate })).to.equal(null);
    expect(await passedOn({ traceparent: TRACEPARENT, tracestate: `a=${"x".repeat(512)}` })).to.equal(null);
  });

  it("of a later version of the standard gets the additional fields back", async () => {
    const traceparent = `01${TRACEPARENT.slice(2)}-more`;
    const answer = await server.post("/predict", { instances: [1] }, { traceparent });
    expect(answer.headers.get("traceparent")).to.equal(traceparent);
  });

  it("gets it back with an error as well", async () => {
    const headers = { traceparent: TRACEPARENT, "X-Request-ID": "mistaken" };
    const answer = await server.post("/predict", {}, headers);
    expect(answer.status).to.equal(422);
    expect(answer.headers.get("traceparent")).to.equal(TRACEPARENT);
    expect((await logged("mistaken")).trace_id).to.equal(TRACE_ID);
  });

  for (const [index, wrong] of [
    "nonsense",
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-${"0".repeat(16)}-01`,
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-00f067aa0ba902b7-1`,
    `${TRACEPARENT}-`,
    `${TRACEPARENT}-more`,
  ].entries()) {
    it(`does not get an invalid one back: ${wrong}`, async () => {
      const id = `wrong-${index}`;
      const answer = await server.post("/predict", { instances: [1] }, { traceparent: wrong, "X-Request-ID": id });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get("traceparent")).to.equal(null);
      expect(await logged(id)).not.to.have.property("trace_id");
    });
  }
});
