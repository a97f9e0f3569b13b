import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { startTestServer } from "./support/server.ts";

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
  beforeEach(async () => {
    sent.length = 0;
    collector = createServer(async (req, res) => {
      if (req.url === "/v1/traces") {
        sent.push(JSON.parse(await text(req)));
      }
      res.setHeader("Content-Type", "application/json");
      res.end("{}");
    });
    await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    collector.closeAllConnections();
    collector.close();
  });

  it("every request is a span in its caller's trace, and all are sent before the server ends", async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: "predictions" };
    const server = await startTestServer({ model: "half-plus-two", env });
    const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
    const answer = await server.post("/predict", { instances: [1] }, { traceparent, tracestate: "vendor=1" });
    const mistake = await server.post("/predict", {});
    await server.get("/made/up");
    await server.stop();

    const spans = sent
      .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      .flatMap((scope) => scope.spans);
    expect(spans.map(({ name }) => name)).to.have.members(["POST /predict", "POST /predict", "GET"]);
    const child = spans.find(({ traceId }) => traceId === TRACE_ID);
    expect(child?.parentSpanId).to.equal(SPAN_ID);
    expect(child?.traceState).to.equal("vendor=1");
    expect(answer.headers.get("tracestate")).to.equal("vendor=1");
    expect(answer.headers.get("traceparent")).to.equal(`00-${TRACE_ID}-${child?.spanId}-01`);
    const root = spans.find(({ traceId, name }) => traceId !== TRACE_ID && name !== "GET");
    expect(mistake.headers.get("traceparent")).to.equal(`00-${root?.traceId}-${root?.spanId}-01`);
    expect(root?.attributes.find(({ key }) => key === "error.type")?.value.stringValue).to.equal("invalid_input");
    const resource = sent[0]?.resourceSpans[0]?.resource.attributes ?? [];
    expect(resource.find(({ key }) => key === "service.name")?.value.stringValue).to.equal("predictions");
  });

  it("that is away, requests are answered and the server ends all the same", async () => {
    collector.close();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    const server = await startTestServer({ model: "half-plus-two", env });
    expect((await server.post("/predict", { instances: [1] })).status).to.equal(200);
    await server.stop();
  });
});
