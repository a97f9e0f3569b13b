import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { percentile } from "../../../apps/load-test/report.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../apps/load-test/main.ts");

interface Asked {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Responds to request number n, from 0. */
type Answer = (response: http.ServerResponse, n: number) => void;

/** Runs the load test against a server with this behavior. */
async function run(environment: Record<string, string>, answer: Answer) {
  const asked: Asked[] = [];
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    answer(response, asked.push({ headers: request.headers, body }) - 1);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const result = await start({ URL: `http://127.0.0.1:${port}/predict`, DELAY_MILLISECONDS: "0", ...environment });
  server.closeAllConnections();
  server.close();
  return { ...result, asked };
}

async function start(environment: Record<string, string>) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [MAIN], {
    env: environment,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

const reportOf = (stdout: string) => JSON.parse(stdout.split("\n").at(-1) ?? "");
const ok: Answer = (response, n) => response.setHeader("X-Model-Version", n % 4 === 3 ? "2" : "1").end("{}");

describe("the load test", () => {
  it("sends every request of every client, and reports the share of each version", async () => {
    const { exitCode, stdout, asked } = await run({ CLIENTS: "5", REQUESTS: "20" }, ok);
    expect(exitCode).to.equal(0);
    expect(asked).to.have.length(100);
    expect(reportOf(stdout)).to.deep.include({
      requests: 100,
      succeeded: 100,
      successRate: 1,
      versions: { 1: 75, 2: 25 },
      statuses: { 200: 100 },
    });
    expect(stdout).to.include("100 of 100 requests succeeded (100.0 %)");
    expect(stdout).to.include("version 1: 75 (75.0 %), version 2: 25 (25.0 %)");
    expect(stdout).to.match(/latency: p50 [0-9.]+ ms, p95 [0-9.]+ ms, p99 [0-9.]+ ms/);
  });

  it("sends the given body, headers, host and API key", async () => {
    const { asked } = await run(
      { REQUESTS: "1", BODY: '{"features": [1, 2]}', HEADERS: '{"Host": "ml-model.example.com"}', API_KEY: "key" },
      ok,
    );
    expect(JSON.parse(asked[0]?.body ?? "")).to.deep.equal({ features: [1, 2] });
    expect(asked[0]?.headers).to.include({
      host: "ml-model.example.com",
      "x-api-key": "key",
      "content-type": "application/json",
    });
  });

  it("takes the version from the response body if no header gives it", async () => {
    const { stdout } = await run({ REQUESTS: "2" }, (response) => response.end('{"version": "7"}'));
    expect(reportOf(stdout).versions).to.deep.equal({ 7: 2 });
  });

  it("fails if too few responses are successful, and reports how many", async () => {
    const every10th: Answer = (response, n) => response.writeHead(n % 10 === 9 ? 503 : 200).end("{}");
    const failed = await run({ REQUESTS: "20" }, every10th);
    expect(failed.exitCode).to.equal(1);
    expect(failed.stderr).to.equal("load test failed: success rate 90.0 % is below 99.0 %");
    expect(reportOf(failed.stdout).statuses).to.deep.equal({ 200: 18, 503: 2 });
    const passed = await run({ REQUESTS: "20", MIN_SUCCESS: "0.9" }, every10th);
    expect(passed.exitCode).to.equal(0);
  });

  it("fails if responses are slow", async () => {
    const slow: Answer = (response) => setTimeout(() => response.end("{}"), 50);
    const { exitCode, stderr } = await run({ REQUESTS: "2", MAX_P95_MILLISECONDS: "10" }, slow);
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^load test failed: 95th percentile [0-9.]+ ms is above 10 ms$/);
  });

  it("counts requests without a response by error", async () => {
    const { exitCode, stdout } = await run({ REQUESTS: "3" }, (response) => response.socket?.destroy());
    expect(exitCode).to.equal(1);
    expect(reportOf(stdout)).to.deep.include({ succeeded: 0, versions: {}, statuses: { ECONNRESET: 3 } });
  });

  it("stops waiting for a response after the timeout", async () => {
    const { stdout } = await run({ REQUESTS: "1", TIMEOUT_SECONDS: "1" }, () => undefined);
    expect(reportOf(stdout).statuses).to.deep.equal({ timeout: 1 });
  });

  for (const [environment, message] of [
    [{}, "URL is missing: set it to the address of the route"],
    [{ URL: "gateway" }, 'URL is "gateway": must be an http or https address'],
    [{ URL: "http://a", REQUESTS: "many" }, 'REQUESTS is "many": must be a whole number from 1 to 1000000000'],
    [{ URL: "http://a", MIN_SUCCESS: "99" }, 'MIN_SUCCESS is "99": must be a number from 0 to 1'],
    [{ URL: "http://a", BODY: "{" }, "BODY is not valid JSON: {"],
    [{ URL: "http://a", HEADERS: "[]" }, "HEADERS must be a JSON object of names and values"],
  ] as [Record<string, string>, string][]) {
    it(`rejects an invalid setting in one line: ${message}`, async () => {
      const { exitCode, stdout, stderr } = await start(environment);
      expect({ exitCode, stdout, stderr }).to.deep.equal({ exitCode: 2, stdout: "", stderr: `load test: ${message}` });
    });
  }

  it("computes percentiles by nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([50, 95, 99, 100].map((percent) => percentile(hundred, percent))).to.deep.equal([50, 95, 99, 100]);
    expect(percentile([7], 99)).to.equal(7);
  });
});
