import { onRequest } from "../../support/needs.ts";
import { type Cluster, devCluster } from "../support/cluster.ts";
import { broken, worse } from "./bad.ts";
import { good } from "./good.ts";
import { Performance } from "./plot.ts";

const MINUTES = 60_000;

describe("rollouts on the embedded cluster, under load", function () {
  // All rollouts run at the same time, each on a stack of its own; the tests wait for them.
  this.timeout(20 * MINUTES);
  const performances = [good, worse, broken].map((plot) => new Performance(plot));
  let cluster: Cluster;

  before(async function () {
    this.timeout(90 * MINUTES);
    onRequest(this, "ROLLOUT", "eleven rollouts take more than ten minutes on a quiet machine");
    cluster = await devCluster();
    for (const performance of performances) await performance.open(cluster);
    for (const performance of performances) void performance.begin();
  });
  after(async () => {
    for (const performance of performances) await performance.end();
  });

  for (const performance of performances) {
    describe(performance.plot.title, () => {
      for (const { title } of performance.plot.scenes) it(title, () => performance.result(title));
    });
  }
});
