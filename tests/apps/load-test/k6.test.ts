import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { ensureTool } from "../../../local/toolchain/index.ts";

const SCRIPT = path.resolve(import.meta.dirname, "../../../apps/load-test/k6.js");

/** Runs the script against a server whose n-th answer has the given status, and yields what k6 says. */
async function run(status: (n: number) => number) {
  const asked: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    const n = asked.push(request.headers) - 1;
    request.resume().on("end", () => {
      response.writeHead(status(n), { "x-model-version": n % 4 === 3 ? "2" : "1" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const settings = {
    URL: `http://127.0.0.1:${port}/predict`,
    HOST: "ml-model.example.com",
    API_KEY: "key",
    VUS: "2",
    ITERATIONS: "10",
    // Far above what any machine takes: this is no test of its speed.
    P95_MS: "60000",
  };
  const k6 = path.join(await ensureTool("k6"), "k6");
  const { exitCode, all } = await execa(k6, ["run", "--no-usage-report", "--no-color", ...flags(settings), SCRIPT], {
    all: true,
    reject: false,
  });
  server.closeAllConnections();
  server.close();
  return { exitCode, all, asked };
}

const flags = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).flatMap(([name, value]) => ["-e", `${name}=${value}`]);

describe("the load test for k6", function () {
  this.timeout(120_000);

  before(async function () {
    // On a new machine this builds k6.
    this.timeout(30 * 60_000);
    await ensureTool("k6");
  });

  it("asks the route as every client, and says which share each version answered", async () => {
    const { exitCode, all, asked } = await run(() => 200);
    expect(exitCode, all).to.equal(0);
    expect(asked).to.have.length(20);
    expect(asked[0]).to.include({ host: "ml-model.example.com", "x-api-key": "key" });
    expect(all).to.match(/\{ version:1 \}\S*:? +15 /);
    expect(all).to.match(/\{ version:2 \}\S*:? +5 /);
  });

  it("fails where its thresholds are broken", async () => {
    const { exitCode, all } = await run((n) => (n % 5 === 0 ? 503 : 200));
    // k6's own code for thresholds that are broken.
    expect(exitCode, all).to.equal(99);
  });
});
