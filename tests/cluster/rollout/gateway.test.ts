import { mkdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { freePort } from "../../../common/ports.ts";
import { Load } from "../../../rollout/demo/load.ts";
import { LocalPrometheus, localUrl } from "../../../rollout/demo/prometheus.ts";
import { demoPath, SCRAPE_SECONDS } from "../../../rollout/demo/stack.ts";
import { onRequest } from "../../support/needs.ts";
import { type Cluster, destroyStack, devCluster, local } from "../support/cluster.ts";
import { writeBusyStack } from "./busy-stack.ts";
import { Counters } from "./counters.ts";

const STACK = "rollout-evidence";
const MINUTES = 60_000;

/** Half of it is twice what the canary can answer. */
const REQUESTS_PER_SECOND = 40;

describe("evidence for a rollout, under more load than the canary can answer", function () {
  this.timeout(10 * MINUTES);
  let cluster: Cluster;
  let prometheus: LocalPrometheus;
  let load: Load;
  let file: string;

  before(async function () {
    this.timeout(90 * MINUTES);
    onRequest(this, "ROLLOUT", "as other rollouts on a cluster");
    cluster = await devCluster();
    const folder = path.join(cluster.folder, STACK);
    await mkdir(folder, { recursive: true });
    file = path.join(folder, `Pulumi.${STACK}.yaml`);
    const port = await freePort();
    await writeBusyStack(file, { name: STACK, canary: "busy", prometheus: localUrl(port) });
    const { exitCode, all } = await local("up", "--stack", STACK, "--config-file", file);
    expect(exitCode, all).to.equal(0);
    prometheus = await LocalPrometheus.open({
      folder: path.join(folder, "prometheus"),
      state: path.join(cluster.folder, "state"),
      kubectl: cluster.kubectl,
      namespace: STACK,
      port,
      scrapeSeconds: SCRAPE_SECONDS,
    });
    load = new Load({
      url: new URL(demoPath(STACK), cluster.gatewayUrl),
      requestsPerSecond: REQUESTS_PER_SECOND,
      rareShare: 0,
    });
  });
  after(async () => {
    await load?.end();
    await prometheus?.end();
    if (file !== undefined) await destroyStack(STACK);
  });

  it("is the same by the counters of the servers and by those of the gateway", async () => {
    // The gateway has no counters of a version before its first request.
    load.start();
    await sleep(2000);
    const { sent, failures } = await load.stop();
    const counters = await Counters.open(file, cluster.kubectl);
    await counters.begin();
    load.start();
    await sleep(20_000);
    const after = await load.stop();
    await counters.expectSame(after.sent - sent, after.failures.length - failures.length);
  });
});
