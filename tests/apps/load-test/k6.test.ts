import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect } from "chai";
import { runScript } from "./k6/run.ts";
import { brokenThresholds, type Sample } from "./k6/thresholds.ts";

const SCRIPT = path.resolve(import.meta.dirname, "../../../apps/load-test/k6.js");

interface Asked {
  readonly headers: http.IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

/** Responds to request number n, from 0. */
type Answer = (response: http.ServerResponse, n: number) => void;

/** Runs the script against a server with this behavior; by default with two users of ten requests each. */
async function run(answer: Answer, settings: Readonly<Record<string, string>> = {}) {
  const asked: Asked[] = [];
  const server = http.createServer(async (request, response) => {
    const { headers, method, url } = request;
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    answer(response, asked.push({ headers, method, url, body }) - 1);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const result = await runScript(SCRIPT, {
      URL: `http://127.0.0.1:${port}/predict`,
      VUS: "2",
      ITERATIONS: "10",
      // Far above the latency on any machine: speed is not tested here.
      P95_MS: "600000",
      ...settings,
    });
    return { ...result, asked, port };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const ok: Answer = (response, n) => response.writeHead(200, { "x-model-version": n % 4 === 3 ? "2" : "1" }).end("{}");

describe("the load test for k6", () => {
  it("sends requests as every user, and counts the responses of each version", async () => {
    const { exitCode, broken, asked, sum, port } = await run(ok);
    expect({ exitCode, broken }).to.deep.equal({ exitCode: 0, broken: [] });
    expect(asked).to.have.length(20);
    for (const { method, url, headers, body } of asked) {
      expect({ method, url }).to.deep.equal({ method: "POST", url: "/predict" });
      expect(headers).to.include({ "content-type": "application/json", host: `127.0.0.1:${port}` });
      expect(headers).not.to.have.property("x-api-key");
      expect(JSON.parse(body)).to.have.all.keys("text");
    }
    expect(["answers", "answers{version:1}", "answers{version:2}"].map(sum)).to.deep.equal([20, 15, 5]);
  });

  it("sends the given host, API key and body", async () => {
    const body = '{"features":[1,2]}';
    const { asked } = await run(ok, { HOST: "ml-model.example.com", API_KEY: "key", BODY: body, VUS: "1" });
    expect(asked).to.have.length(10);
    for (const each of asked) {
      expect(each.headers).to.include({ host: "ml-model.example.com", "x-api-key": "key" });
      expect(each.body).to.equal(body);
    }
  });

  it("runs for the given duration, with any number of requests", async () => {
    const { asked, sum } = await run(ok, { DURATION: "500ms", ITERATIONS: "1000000" });
    expect(asked).to.have.length(sum("iterations")).and.have.length.of.at.least(2);
  });

  it("fails if one response in five is not a prediction, and does not count these", async () => {
    const { exitCode, broken, sum } = await run((response, n) => {
      if (n % 5 === 0) response.writeHead(503).end("{}");
      else ok(response, n);
    });
    expect(exitCode).to.equal(99);
    expect(broken).to.deep.equal(["http_req_failed: rate<0.01", "checks: rate>0.99"]);
    expect(sum("answers")).to.equal(16);
  });

  it("fails if there is no response", async () => {
    const { broken } = await run((response) => response.destroy(), { ITERATIONS: "1" });
    expect(broken).to.include("http_req_failed: rate<0.01");
  });

  it("fails if responses take too long", async () => {
    const slow: Answer = (response, n) => setTimeout(() => ok(response, n), 30);
    const { exitCode, broken } = await run(slow, { P95_MS: "10", ITERATIONS: "2" });
    expect(exitCode).to.equal(99);
    expect(broken).to.deep.equal(["http_req_duration: p(95)<10"]);
  });

  it("counts responses without a version as unknown", async () => {
    const { sum } = await run((response) => response.end("{}"), { ITERATIONS: "1" });
    expect(sum("answers{version:unknown}")).to.equal(2);
  });
});

describe("thresholds of the k6 substitute", () => {
  const samples: Sample[] = [1, 2, 3, 100].map((value) => ({ metric: "trend", value, tags: {} }));
  const broken = (metric: string, expression: string) =>
    brokenThresholds({ [metric]: [expression] }, new Map([["trend", "trend"]]), samples);

  it("interpolate percentiles", () => {
    expect(broken("trend", "p(50)==2.5")).to.deep.equal([]);
    expect(broken("trend", "med < 2.5")).to.deep.equal(["trend: med < 2.5"]);
    expect(broken("trend", "p(100)>=100")).to.deep.equal([]);
  });

  it("are rejected if the metric does not exist or has no such aggregate", () => {
    expect(() => broken("trends", "p(95)<1")).to.throw("there is no metric trends");
    expect(() => broken("trend", "count<1")).to.throw("a trend has no threshold count<1");
    expect(() => broken("trend", "p(95)<fast")).to.throw("a trend has no threshold p(95)<fast");
  });
});
