import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, devCluster, NAMESPACE } from "../support/cluster.ts";
import { underLoad } from "../support/under-load.ts";
import { eventually } from "../support/wait.ts";

const DEPLOYMENT = "model-v1";
const PODS = "app=ml-model,version=v1";

describe("serving during the maintenance of its node", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  afterEach(async () => {
    await cluster.kubectl.run(["uncordon", "ml-node"]);
    await rolledOut();
  });

  const server = [`deployment/${DEPLOYMENT}`, `--namespace=${NAMESPACE}`];
  const rolledOut = () => cluster.kubectl.run(["rollout", "status", ...server, "--timeout=240s"]);
  async function deployment() {
    const [live] = await cluster.kubectl.get(["deployment", DEPLOYMENT, `--namespace=${NAMESPACE}`]);
    const number = (path: string) => Number((live && valueAt(live, path)) ?? 0);
    return { wanted: number("spec.replicas"), available: number("status.availableReplicas") };
  }

  /** Runs `work`, and returns the lowest number of available pods during that time. */
  async function leastAvailable(work: () => Promise<unknown>): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    let over = false;
    const watch = async () => {
      while (!over) {
        least = Math.min(least, (await deployment()).available);
        await sleep(100);
      }
    };
    const watching = watch();
    try {
      await work();
    } finally {
      over = true;
      await watching;
    }
    return least;
  }

  it("is never drained below the minimum of its disruption budget, without a failed request", async () => {
    expect((await deployment()).available).to.be.at.least(2);
    await underLoad(cluster, async () => {
      const least = await leastAvailable(async () => {
        const selection = [`--pod-selector=${PODS}`, "--ignore-daemonsets", "--delete-emptydir-data"];
        const drain = cluster.kubectl.run(["drain", "ml-node", ...selection, "--timeout=20s"]);
        // There is no other node, so the drain has to stop at the budget.
        const refusal = await drain.then(
          () => "the drain took every pod",
          (error: Error) => error.message,
        );
        expect(refusal).to.match(/disruption budget/);
      });
      expect(least).to.be.at.least(1);
    });
  });

  it("returns to its full number after the node is uncordoned", async () => {
    const { wanted, available } = await eventually("full number of pods", async () => {
      const now = await deployment();
      return now.available >= now.wanted ? now : undefined;
    });
    expect(available).to.be.at.least(wanted);
  });

  it("never has fewer pods than its autoscaler's minimum during a rollout, because new pods start first", async () => {
    const least = await leastAvailable(async () => {
      await cluster.kubectl.run(["rollout", "restart", ...server]);
      await rolledOut();
    });
    expect(least).to.be.at.least(2);
  });
});
