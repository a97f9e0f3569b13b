import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { PrometheusError } from "../../rollout/evidence/matrix.ts";
import { prometheus } from "../../rollout/evidence/prometheus.ts";

describe("the client of Prometheus", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function answering(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function failure(url: string, timeout?: number): Promise<string> {
    const error = await prometheus(url, timeout)("up", 0).catch((thrown: unknown) => thrown);
    if (!(error instanceof PrometheusError)) throw new Error("expected a PrometheusError", { cause: error });
    return error.message;
  }

  it("asks for a query at a time, below the path of the address", async () => {
    let seen = "";
    const url = await answering(async (request, response) => {
      const body = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      seen = `${request.method} ${request.url} ${body.get("query")} at ${body.get("time")}`;
      const result = [{ metric: { pod: "a" }, values: [[1, "2"]] }];
      response.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
    });
    expect(await prometheus(`${url}/prometheus/`)("up[1m]", 1_500)).to.deep.equal([
      { labels: { pod: "a" }, samples: [[1, 2]] },
    ]);
    expect(seen).to.equal("POST /prometheus/api/v1/query up[1m] at 1.5");
  });

  it("says what Prometheus rejects, with the query", async () => {
    const url = await answering((_, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ status: "error", errorType: "bad_data", error: "parse error" }));
    });
    expect(await failure(url)).to.equal(`${url}/api/v1/query: Prometheus: bad_data: parse error (query: up)`);
  });

  it("says that something else answers", async () => {
    const url = await answering((_, response) => {
      response.statusCode = 502;
      response.end("<html>bad gateway</html>");
    });
    expect(await failure(url)).to.equal(
      `${url}/api/v1/query: HTTP 502, and the body is not JSON; is this the address of a Prometheus?`,
    );
  });

  it("gives up after its timeout", async () => {
    const url = await answering(() => {});
    expect(await failure(url, 50)).to.equal(`${url}/api/v1/query: no answer within 0.05 s`);
  });

  it("says that nothing listens", async () => {
    const url = await answering(() => {});
    server?.close();
    await once(server as Server, "close");
    expect(await failure(url)).to.match(/^http:\S+: cannot be reached: .*ECONNREFUSED/);
  });
});
