import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { waitFor } from "../../../common/wait.ts";
import { Load } from "../../../rollout/demo/load.ts";

describe("the load of a demonstration", () => {
  let server: Server;
  let url: URL;
  before(async () => {
    // Answers as a version that fails for rare flowers.
    server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { sepal_length: length } = JSON.parse(Buffer.concat(parts).toString());
      response.writeHead(length > 100 ? 500 : 200).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/predict`);
  });
  after((done) => {
    server.close(done);
    server.closeAllConnections();
  });

  const sent = (load: Load, count: number) => waitFor(() => (load.result.sent >= count ? true : undefined));

  it("has the rare requests among its own, and says which failed", async () => {
    const load = new Load({ url, requestsPerSecond: 500, rareShare: 0.5 });
    load.start();
    await sent(load, 200);
    const { sent: all, failures } = await load.end();
    expect(failures.length).to.be.within(20, all - 20);
    expect(new Set(failures.map(({ what, rare }) => `${what} ${rare}`))).to.deep.equal(new Set(["500 true"]));
  });

  it("can pause, and go on", async () => {
    const load = new Load({ url, requestsPerSecond: 500, rareShare: 0 });
    load.start();
    await sent(load, 10);
    const paused = await load.stop();
    expect(load.result.sent).to.equal(paused.sent);
    load.start();
    await sent(load, paused.sent + 10);
    expect((await load.end()).failures).to.deep.equal([]);
  });

  it("counts requests without an answer", async () => {
    const nowhere = new URL(url);
    nowhere.port = "1";
    const load = new Load({ url: nowhere, requestsPerSecond: 500, rareShare: 0 });
    load.start();
    await sent(load, 5);
    const { sent: all, failures } = await load.end();
    expect(failures).to.have.length(all);
    expect(failures[0]?.what).to.match(/ECONNREFUSED/);
  });
});
