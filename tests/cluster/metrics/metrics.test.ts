import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { nodePaths } from "../../../cluster/node/layout.ts";
import { runningNode } from "../../../cluster/node/record.ts";
import { waitFor } from "../../../common/wait.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { Load, type LoadResult } from "../../../rollout/demo/load.ts";
import { demoPath } from "../../../rollout/demo/stack.ts";
import { onRequest } from "../../support/needs.ts";
import { writeBusyStack } from "../rollout/busy-stack.ts";
import { Counters } from "../rollout/counters.ts";
import { type Cluster, destroyStack, devCluster, local } from "../support/cluster.ts";
import { type Labels, MonitoringApi } from "./api.ts";
import { CAUSED, CLAIM, causes, QUOTA_PODS, STACK, volumeUser } from "./causes.ts";
import { SmallVolume } from "./small-volume.ts";

const MINUTES = 60_000;

/** Twice what the canary of the stack can answer goes to it. */
const FLOOD = 40;

describe("Prometheus on the embedded cluster", function () {
  this.timeout(15 * MINUTES);
  let cluster: Cluster;
  let api: MonitoringApi;
  let volume: SmallVolume;
  let load: Load;
  let counters: Counters;
  let file: string;

  before(async function () {
    this.timeout(90 * MINUTES);
    onRequest(this, "METRICS", "Prometheus takes minutes to build, and alerts minutes to resolve");
    cluster = await devCluster();
    const node = await runningNode(nodePaths(path.join(cluster.folder, "state")));
    if (node === undefined) throw new Error("the node is not running");
    api = new MonitoringApi(cluster.kubectl);
    volume = new SmallVolume(node.init);
    load = new Load({
      url: new URL(demoPath(STACK), cluster.gatewayUrl),
      requestsPerSecond: FLOOD,
      rareShare: 0,
    });
    file = path.join(cluster.folder, `Pulumi.${STACK}.yaml`);
    await describeStack("busy");
    const begun = performance.now();
    await up();
    console.log(`      (up --prometheus took ${((performance.now() - begun) / MINUTES).toFixed(1)} minutes)`);
  });
  after(async () => {
    await load?.end();
    if (file === undefined) return;
    const left = [...causes(), volumeUser(), ...volume.objects(STACK, CLAIM)];
    await cluster.kubectl.onObjects(["delete", "--ignore-not-found"], left);
    await destroyStack(STACK);
  });

  // The alerts have their own thresholds, except that a condition need not hold for five minutes, and that equal versions on a
  // busy machine may differ more.
  const describeStack = (canary: "busy" | "equal") =>
    writeBusyStack(file, {
      name: STACK,
      canary,
      namespace: { quota: { hard: { pods: String(QUOTA_PODS) } } },
      alerts: { forSeconds: 20, canaryLatencyFactor: 4 },
    });
  const up = async () => {
    const { exitCode, all } = await local("up", "--stack", STACK, "--config-file", file, "--prometheus");
    expect(exitCode, all).to.equal(0);
    return all;
  };
  const eventually = async <T>(what: string, look: () => Promise<T | undefined>): Promise<T> => {
    const found = await waitFor(look, { interval: 1000, timeout: 12 * MINUTES });
    if (found === undefined) throw new Error(`still no ${what}`);
    return found;
  };
  const firing = async () => (await api.firing()).filter(({ namespace }) => namespace === STACK);

  describe("installed by up --prometheus", () => {
    it("is left alone by the next one", async () => {
      expect(await up()).to.match(/^Prometheus: no change /m);
    });

    it("scrapes what each monitor of the cluster selects, each pod once", async () => {
      const monitors = await cluster.kubectl.get(["servicemonitors,podmonitors", "--all-namespaces"]);
      const pools = monitors.flatMap(({ kind, metadata: { namespace, name }, spec }) => {
        const endpoints = valueAt(spec, kind === "PodMonitor" ? "podMetricsEndpoints" : "endpoints") as unknown[];
        const prefix = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}/${namespace}/${name}`;
        return endpoints.map((_, index) => `${prefix}/${index}`);
      });
      expect(pools.filter((pool) => pool.includes(`/${STACK}/`))).to.have.lengthOf(1);
      const targets = await eventually("target of each monitor that is up", async () => {
        const found = await api.targets();
        const isUp = pools.every((pool) => found.some(({ scrapePool }) => scrapePool === pool));
        return isUp && found.every(({ health }) => health === "up") ? found : undefined;
      });
      expect([...new Set(targets.map(({ scrapePool }) => scrapePool))]).to.have.members(pools);
      const servers = targets.filter(({ labels }) => labels["namespace"] === STACK).map(({ labels }) => labels["pod"]);
      const pods = await cluster.kubectl.get(["pods", `--namespace=${STACK}`, "--selector=component=model-server"]);
      expect(servers).to.have.members(pods.map(({ metadata }) => metadata.name));
    });

    it("has loaded the stack's alerts, and evaluates them", async () => {
      const rules = await eventually("evaluated rules", async () => {
        const found = await api.rules(STACK);
        return found.length > 0 && found.every(({ health }) => health !== "unknown") ? found : undefined;
      });
      expect(rules.filter(({ health }) => health !== "ok")).to.deep.equal([]);
      expect(rules.map(({ name }) => name)).to.have.members(Object.keys(CAUSED));
    });

    it("knows the stack's servers, Deployments and claims", async () => {
      const ask = (query: string) => eventually(query, async () => (await api.query(query))[0]?.value);
      expect(await ask(`sum(model_loaded{namespace="${STACK}"})`)).to.equal(3);
      expect(await ask(`sum(kube_deployment_spec_replicas{namespace="${STACK}"})`)).to.equal(3);
      expect(await ask(`kubelet_volume_stats_capacity_bytes{namespace="${STACK}"}`)).to.be.above(0);
      const memory = await ask('sum(container_memory_working_set_bytes{namespace="monitoring",container!=""})');
      console.log(`      (its pods use ${Math.round(memory / 2 ** 20)} MiB)`);
    });
  });

  describe("with a canary that gets more requests than it can answer, and what else can be wrong", () => {
    let earlier: LoadResult;

    before(async () => {
      // The gateway has no counters of a version before its first request.
      load.start();
      await sleep(2000);
      earlier = await load.stop();
      counters = await Counters.open(file, cluster.kubectl);
      await counters.begin();
      load.start();
      await volume.mount();
      await volume.fill();
      await cluster.kubectl.onObjects(["apply"], [...volume.objects(STACK, CLAIM), volumeUser(), ...causes()]);
    });

    for (const [alert, labels] of Object.entries(CAUSED)) {
      it(`makes ${alert} fire`, async () => {
        await eventually(`${alert} at Alertmanager`, async () =>
          (await firing()).some(is(alert, labels)) ? true : undefined,
        );
      });
    }

    it("makes no other alert fire", async () => {
      const others = (await firing()).filter((each) => {
        return !Object.entries(CAUSED).some(([alert, labels]) => is(alert, labels)(each));
      });
      // The claim of the models has the size of this machine's disk.
      expect(others.filter(({ persistentvolumeclaim }) => persistentvolumeclaim !== "models")).to.deep.equal([]);
    });

    it("counts the same requests and failures by the servers' metrics as by the gateway's", async () => {
      const { sent, failures } = await load.stop();
      await counters.expectSame(sent - earlier.sent, failures.length - earlier.failures.length);
    });
  });

  describe("once nothing is wrong any more", () => {
    before(async () => {
      await cluster.kubectl.onObjects(["delete", "--ignore-not-found"], causes());
      await volume.empty();
      await describeStack("equal");
      await up();
      load.start();
    });
    for (const [alert, labels] of Object.entries(CAUSED)) {
      it(`resolves ${alert}`, async () => {
        await eventually(`end of ${alert}`, async () => ((await firing()).some(is(alert, labels)) ? undefined : true));
      });
    }
  });
});

function is(alert: string, labels: Labels): (found: Labels) => boolean {
  const wanted = Object.entries({ alertname: alert, ...labels });
  return (found) => wanted.every(([name, value]) => found[name] === value);
}
