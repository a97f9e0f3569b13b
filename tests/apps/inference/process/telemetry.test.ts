import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { type HeldPauses, holdPauses } from "../support/clock.ts";
import { startTestServer, until } from "../support/server.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

describe("with an OpenTelemetry collector", () => {
  let collector: Server;
  let endpoint = "";
  const sent: Sent[] = [];
  /** The collector's response; undefined if it does not respond. */
  let status: number | undefined;
  let asked = 0;
  beforeEach(async () => {
    sent.length = 0;
    status = 200;
    asked = 0;
    collector = createServer(async (req, res) => {
      const body: Sent = JSON.parse(await text(req));
      asked += 1;
      if (status === undefined) {
        return;
      }
      if (status === 200 && req.url === "/v1/traces") {
        sent.push(body);
      }
      res.writeHead(status, { "Content-Type": "application/json" });
      res.end("{}");
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    collector.closeAllConnections();
    collector.close();
  });

  const spansSent = () =>
    sent
      .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      .flatMap((scope) => scope.spans);
  const textOf = (attributes: readonly Attribute[], name: string) =>
    attributes.find(({ key }) => key === name)?.value.stringValue;

  /** Sets variables that the SDK reads, for the duration of a test. */
  async function withEnv(env: Record<string, string>, test: () => Promise<void>): Promise<void> {
    Object.assign(process.env, env);
    try {
      await test();
    } finally {
      for (const name of Object.keys(env)) delete process.env[name];
    }
  }

  it("every request is a span in its caller's trace, and all are sent before the server exits", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: "predictions" };
    const server = await startTestServer({ model: "half-plus-two", env });
    const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
    const answer = await server.post("/predict", { instances: [1] }, { traceparent, tracestate: "vendor=1" });
    const mistake = await server.post("/predict", {});
    await server.get("/made/up");
    await server.stop();

    const spans = spansSent();
    expect(spans.map(({ name }) => name)).to.have.members(["POST /predict", "POST /predict", "GET"]);
    const child = spans.find(({ traceId }) => traceId === TRACE_ID);
    expect(child?.parentSpanId).to.equal(SPAN_ID);
    expect(child?.traceState).to.equal("vendor=1");
    expect(answer.headers.get("tracestate")).to.equal("vendor=1");
    expect(answer.headers.get("traceparent")).to.equal(`00-${TRACE_ID}-${child?.spanId}-01`);
    const root = spans.find(({ traceId, name }) => traceId !== TRACE_ID && name !== "GET");
    expect(mistake.headers.get("traceparent")).to.equal(`00-${root?.traceId}-${root?.spanId}-01`);
    expect(textOf(root?.attributes ?? [], "error.type")).to.equal("invalid_input");
    expect(textOf(root?.attributes ?? [], "url.scheme")).to.equal("http");
    const resource = sent[0]?.resourceSpans[0]?.resource.attributes ?? [];
    expect(textOf(resource, "service.name")).to.equal("predictions");
    expect(textOf(resource, "telemetry.sdk.language")).to.equal("nodejs");
  });

  it("spans are named after their routes, also if the request is rejected", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, API_KEY: "right" };
    const server = await startTestServer({ model: "half-plus-two", env });
    const key = { "X-API-Key": "right" };
    expect((await server.post("/v2/models/made-up-1/infer", {}, { "X-API-Key": "wrong" })).status).to.equal(401);
    expect((await server.post("/v2/repository/models/made-up-2/load", {}, key)).status).to.equal(403);
    expect((await server.post("/v2/models/made-up-3/infer", {}, key)).status).to.equal(404);
    expect((await server.get("/models/made-up-4/predict", key)).status).to.equal(405);
    expect((await server.get("/made-up-5", key)).status).to.equal(404);
    await server.stop();
    const spans = spansSent();
    expect(spans.map(({ name }) => name)).to.deep.equal([
      "POST /v2/models/{model}/infer",
      "POST /v2/repository/models/{model}/load",
      "POST /v2/models/{model}/infer",
      "GET /models/{model}/predict",
      "GET",
    ]);
    expect(spans.map(({ attributes }) => textOf(attributes, "http.route"))).to.deep.equal([
      "/v2/models/{model}/infer",
      "/v2/repository/models/{model}/load",
      "/v2/models/{model}/infer",
      "/models/{model}/predict",
      undefined,
    ]);
  });

  it("spans carry the attributes of OTEL_RESOURCE_ATTRIBUTES", async () => {
    await withEnv({ OTEL_RESOURCE_ATTRIBUTES: "service.name=theirs,deployment.environment.name=prod" }, async () => {
      for (const name of ["", "ours"]) {
        const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: name };
        const server = await startTestServer({ model: "half-plus-two", env });
        await server.get("/health");
        await server.stop();
      }
    });
    const resources = sent.map(({ resourceSpans }) => resourceSpans[0]?.resource.attributes ?? []);
    expect(resources.map((attributes) => textOf(attributes, "service.name"))).to.deep.equal(["theirs", "ours"]);
    expect(resources.map((attributes) => textOf(attributes, "deployment.environment.name"))).to.deep.equal([
      "prod",
      "prod",
    ]);
  });

  it("lost spans are logged once, and once more, with their number, when spans are sent again", async () => {
    await withEnv({ OTEL_BSP_SCHEDULE_DELAY: "10" }, async () => {
      const server = await startTestServer({ model: "half-plus-two", env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
      const told = () =>
        server.log.map((line) => JSON.parse(line)).filter(({ message }) => /\bspans\b/.test(message as string));
      status = 404;
      for (let request = 1; request <= 2; request++) {
        await server.get("/health");
        await until(() => asked === request);
      }
      await until(() => told().length === 1);
      status = 200;
      await server.get("/health");
      await until(() => told().length === 2);
      await server.get("/health");
      await server.stop();
      expect(told().map(({ level, collector, lost }) => ({ level, collector, lost }))).to.deep.equal([
        { level: "warn", collector: endpoint, lost: 1 },
        { level: "info", collector: endpoint, lost: 2 },
      ]);
      expect(spansSent()).to.have.lengthOf(2);
    });
  });

  it("spans beyond the queue are dropped, counted, and logged once", async () => {
    await withEnv({ OTEL_BSP_MAX_QUEUE_SIZE: "2" }, async () => {
      const server = await startTestServer({ model: "half-plus-two", env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } });
      status = undefined;
      // Two are being sent without success, two are waiting, and three are dropped.
      for (let request = 0; request < 7; request++) {
        await server.get("/health");
      }
      await server.stop();
      const told = server.log.map((line) => JSON.parse(line)).filter(({ message }) => /\bspans\b/.test(message));
      expect(told.map(({ level, lost }) => ({ level, lost }))).to.deep.equal([
        { level: "warn", lost: 1 },
        { level: "warn", lost: 7 },
      ]);
    });
  });

  describe("that never responds, the server still exits", () => {
    // The pause of five seconds is held, so only the case under test can end the attempt to send the last spans.
    let pauses: HeldPauses;
    const patient = { OTEL_EXPORTER_OTLP_TIMEOUT: "3600000", OTEL_BSP_EXPORT_TIMEOUT: "3600000" };
    beforeEach(() => {
      status = undefined;
      pauses = holdPauses(1000);
      Object.assign(process.env, patient);
    });
    afterEach(() => {
      for (const name of Object.keys(patient)) delete process.env[name];
      pauses.restore();
    });

    it("after SHUTDOWN_SECONDS", async () => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SHUTDOWN_SECONDS: "0.2" };
      const server = await startTestServer({ model: "half-plus-two", env });
      await server.get("/health");
      await server.stop();
      expect(server.log.join("")).to.match(/"lost":1,"message":"the last spans were not sent"/);
    });

    it("on a second shutdown request", async () => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SHUTDOWN_SECONDS: "3600" };
      const server = await startTestServer({ model: "half-plus-two", env });
      await server.get("/health");
      const closed = server.running.shutDown();
      await until(() => server.log.some((line) => line.includes('"message":"closed"')));
      await Promise.all([server.running.shutDown(), closed, server.stop()]);
    });

    it("at once if no span could be sent before", async () => {
      await withEnv({ OTEL_BSP_SCHEDULE_DELAY: "10" }, async () => {
        const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, SHUTDOWN_SECONDS: "3600" };
        const server = await startTestServer({ model: "half-plus-two", env });
        status = 404;
        await server.get("/health");
        await until(() => server.log.some((line) => line.includes('"message":"spans are lost')));
        status = undefined;
        await server.get("/health");
        await server.stop();
      });
    });
  });

  it("spans are sent as soon as the drain begins", async () => {
    await withEnv({ OTEL_BSP_SCHEDULE_DELAY: "3600000" }, async () => {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, DRAIN_SECONDS: "3000", SHUTDOWN_SECONDS: "3600" };
      const server = await startTestServer({ model: "half-plus-two", env });
      await server.get("/health");
      const closed = server.running.shutDown();
      await until(() => spansSent().length === 1);
      await server.stop();
      await closed;
    });
  });

  it("that is unreachable, the server still answers requests and exits", async () => {
    collector.close();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    const server = await startTestServer({ model: "half-plus-two", env });
    expect((await server.post("/predict", { instances: [1] })).status).to.equal(200);
    await server.stop();
  });
});
