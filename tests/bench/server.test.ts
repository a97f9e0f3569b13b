import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { type ModelCase, predictPayload, ROWS } from "../../bench/server/cases.ts";
import type { ServerReport } from "../../bench/server/index.ts";
import { pace, saturate } from "../../bench/server/load.ts";
import { median } from "../../bench/server/measure.ts";
import { API_KEY, startServer } from "../../bench/server/process.ts";
import { floor, NODE_OPTIONS, ours } from "../../bench/server/servers.ts";
import { serverTable } from "../../bench/server/table.ts";
import { needPackages } from "../support/needs.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

describe("the server's benchmark", function () {
  this.timeout(300_000);
  let root: string;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), "bench-"));
    for (const task of ["iris", "half_plus_two"]) {
      const args = ["apps/trainer/main.ts", "train", "--task", task, "--models", root];
      await execa(process.execPath, args, { cwd: repository });
    }
  });
  after(() => rm(root, { recursive: true, force: true }));

  for (const model of ["iris", "half_plus_two"] satisfies ModelCase[]) {
    it(`compares ${model} with a bare server that gives the same answers`, async () => {
      const servers = await Promise.all(
        [floor(root, model), ours(root, model)].map((start) => startServer(start, predictPayload(model, 1))),
      );
      try {
        for (const rows of ROWS) {
          const { paths, body } = predictPayload(model, rows);
          const headers = { "Content-Type": "application/json", "X-API-Key": API_KEY };
          const [bare, full] = await Promise.all(
            servers.map(async ({ port }) => {
              const answer = await fetch(`http://127.0.0.1:${port}${paths[0]}`, { method: "POST", headers, body });
              return answer.json();
            }),
          );
          expect(full).to.deep.equal(bare);
        }
        for (const server of servers) {
          expect(await server.cpuSeconds()).to.be.greaterThan(0);
          expect(await server.residentBytes()).to.be.greaterThan(1024 ** 2);
        }
      } finally {
        await Promise.all(servers.map((server) => server.stop()));
      }
    });
  }

  it("sends the same requests in all runs, taking several paths in turn", async function () {
    await needPackages(this, ["wrk"]);
    const requests: string[] = [];
    const server = createServer(async (req, res) => {
      const body = (await req.toArray()).join("");
      requests.push(`${req.url} ${JSON.stringify(req.rawHeaders)} ${body}`);
      res.end();
    }).listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const payload = { ...predictPayload("iris", 1), paths: ["/one", "/two"] };
      const run = () => Promise.all([saturate(port, payload, 1, 1), pace(port, payload, 100, 1)]);
      // There are 24 orders of headers: ten runs do not have the same one by chance.
      for (let round = 0; round < 5; round++) await run();
      const [first = "", second = "", ...others] = [...new Set(requests)].sort();
      expect(others).to.deep.equal([]);
      expect(first).to.match(/^\/one .*"X-API-Key".* \[?\{.*sepal_length/);
      expect(second).to.equal(first.replace("/one", "/two"));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("runs this server with the same Node options as the images, including for the compile cache", async () => {
    for (const image of ["inference", "combined"]) {
      const dockerfile = await readFile(path.join(repository, "apps", image, "Dockerfile"), "utf8");
      const set = dockerfile.match(/NODE_OPTIONS=\S+/g) ?? [];
      expect(new Set(set), image).to.deep.equal(new Set([`NODE_OPTIONS=${NODE_OPTIONS}`]));
      expect(dockerfile, image).to.match(/NODE_OPTIONS=.*import\("\/app\/apps\/inference\/run\.ts"\)/s);
    }
  });

  it("compares each server with the first, and shows the overload", () => {
    const measured = (server: string, requestsPerSecond: number) => ({
      ...{ server, requestsPerSecond, requestsPerCpuSecond: requestsPerSecond * 2, residentMiB: 100 },
    });
    const latency = (server: string) => ({ server, rate: 500, p50: 0.5, p99: 2, rejectedShare: 0 });
    const flooded = (server: string, goodput: number) => ({
      ...{ server, offeredPerSecond: 4000, answeredPerSecond: 1000 * goodput, goodput, goodputPerCpu: 0.98 },
      ...{ rejectedShare: 0.7525, rejectionP50: 1.25, rejectionP99: 3.5, after: 1 },
    });
    const report: ServerReport = {
      comparisons: [
        {
          ...{ what: "iris, 1 row", model: "iris", rows: 1, connections: 32 },
          throughput: [measured("floor", 1000), measured("this server", 1200)],
          halfLoad: [latency("floor"), latency("this server")],
        },
      ],
      overload: { model: "iris", rows: 32, servers: [flooded("floor", 0.9), flooded("this server", 0.99)] },
      startup: [
        { server: "floor", seconds: 0.1 },
        { server: "this server", seconds: 0.25 },
      ],
    };
    const lines = serverTable(report).split("\n");
    expect(lines[3]).to.match(/^ {2}this server +1200 +1\.20 +2400 +1\.20 +100 MiB +0\.50 ms +2\.00 ms +4\.0$/);
    const rest = lines.slice(4).join("\n");
    expect(rest)
      .to.match(/of saturation, by the clock +0\.90 +0\.99\n/)
      .and.match(/rejected +75\.3 % +75\.3 %\n/);
    expect(rest).to.match(/time to reject, p99 +3\.5 ms +3\.5 ms\n/);
    expect(rest).to.match(/this server +0\.25 s +2\.50$/);
  });

  it("takes the median of several rounds", () => {
    expect(median([3, 1, 100])).to.equal(3);
    expect(median([4, 1, 2, 3])).to.equal(2.5);
  });
});
