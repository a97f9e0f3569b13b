import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, devCluster, local, NAMESPACE, repository, stackWithWeight } from "../support/cluster.ts";
import { devStackWith } from "../support/stacks.ts";
import { countVersions, underLoad } from "../support/under-load.ts";
import { eventually } from "../support/wait.ts";

describe("traffic on the embedded cluster", function () {
  this.timeout(240_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });

  const podsOf = (version: string) =>
    cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, `--selector=app=ml-model,version=${version}`]);
  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, `--namespace=${NAMESPACE}`]);

  /** The revision of each Deployment, which the autoscaler does not change, and the restarts of each pod. */
  async function runningServers() {
    const live = await cluster.kubectl.get([
      "deployments,pods",
      `--namespace=${NAMESPACE}`,
      "--selector=component=model-server",
    ]);
    const ofKind = (wanted: string) => live.filter(({ kind }) => kind === wanted);
    const revision = "deployment.kubernetes.io/revision";
    return {
      revisions: ofKind("Deployment").map(({ metadata }) => [metadata.name, metadata.annotations?.[revision]]),
      restarts: new Map(
        ofKind("Pod").map((pod) => {
          const containers = (valueAt(pod, "status.containerStatuses") ?? []) as { restartCount: number }[];
          return [pod.metadata.name, containers[0]?.restartCount ?? 0];
        }),
      ),
    };
  }

  /** Waits until the rollout has finished and the replaced pods are gone. */
  async function rolledOut(): Promise<void> {
    await kubectl("rollout", "status", "deployment/model-v1", "--timeout=120s");
    await eventually("end of the old pods", async () =>
      (await podsOf("v1")).some(({ metadata }) => metadata.deletionTimestamp !== undefined) ? undefined : true,
    );
  }

  it("sends 25 % of the requests to the canary, within statistical bounds", async () => {
    const requests = 1000;
    const { 2: canary = 0 } = await countVersions(cluster, requests);
    // Within four standard deviations of a binomial distribution: a correct split fails once in 16,000 runs.
    const deviation = Math.sqrt(requests * 0.25 * 0.75);
    expect(canary).to.be.within(requests * 0.25 - 4 * deviation, requests * 0.25 + 4 * deviation);
  });

  it("sends every request with the header to version 2", async () => {
    expect(await countVersions(cluster, 200, { "x-model-version": "v2" })).to.deep.equal({ 2: 200 });
  });

  it("flips 25 → 50 → 0 → 100 → 25 under load: only route and shares change, nothing restarts, no request fails", async () => {
    const before = await runningServers();
    const versions: Record<number, readonly string[]> = {};
    await underLoad(cluster, async () => {
      for (const weight of [50, 0, 100, 25]) {
        const { exitCode, all } = await local("up", "--config-file", await stackWithWeight(weight));
        expect(exitCode, all).to.equal(0);
        const changes = all.split("\n").filter((line) => /^ {2}[-+~±] /.test(line));
        expect(changes).to.have.length(1);
        expect(changes[0]).to.match(/^ {2}~ HTTPRoute sentiment-classifier \(.*weight/);
        versions[weight] = Object.keys(await countVersions(cluster, 100));
      }
    });
    expect(versions, "who answers, by weight").to.deep.equal({ 0: ["1"], 25: ["1", "2"], 50: ["1", "2"], 100: ["2"] });
    const after = await runningServers();
    expect(after.revisions).to.deep.equal(before.revisions);
    // The autoscaler may have added or removed pods.
    for (const [pod, restarts] of after.restarts) expect(restarts, pod).to.equal(before.restarts.get(pod) ?? 0);
  });

  it("meets the thresholds of the load test, which reaches both versions", async () => {
    const { exitCode, all, stdout } = await execa(process.execPath, [path.join(repository, "apps/load-test/main.ts")], {
      env: {
        URL: new URL("/predict", cluster.gatewayUrl).href,
        API_KEY: cluster.apiKey,
        CLIENTS: "5",
        REQUESTS: "40",
        DELAY_MILLISECONDS: "10",
      },
      reject: false,
      all: true,
    });
    expect(exitCode, all).to.equal(0);
    const { succeeded, versions } = JSON.parse(stdout.split("\n").at(-1) ?? "");
    expect(succeeded).to.equal(200);
    expect(versions).to.have.all.keys("1", "2");
  });

  it("loses no request during a rolling restart", async () => {
    await underLoad(cluster, async () => {
      await kubectl("rollout", "restart", "deployment/model-v1");
      await rolledOut();
    });
  });

  it("loses no request when a pod is deleted", async () => {
    await underLoad(cluster, async () => {
      const [pod] = await podsOf("v1");
      await kubectl("delete", "pod", pod?.metadata.name ?? "", "--wait=false");
      await rolledOut();
    });
  });

  it("loses no request when a container is killed", async () => {
    await underLoad(cluster, async () => {
      const [pod] = await podsOf("v1");
      const uid = String(Reflect.get(pod?.metadata ?? {}, "uid"));
      process.kill(await serverProcess(uid), "SIGKILL");
    });
    await kubectl("rollout", "status", "deployment/model-v1", "--timeout=120s");
  });

  it("changes no route if a version does not become ready", async function () {
    // `up` gives up on the pods after a minute.
    this.timeout(480_000);
    // A setting that is rejected only by the server itself.
    const versions = [{ version: "2", environment: { LOG_LEVEL: "loud" } }];
    const models = [{ model: "sentiment-classifier", versions }];
    const { exitCode, all } = await local("up", ...(await devStackWith(cluster, { models, canaryWeight: 60 })));
    expect(exitCode).to.equal(1);
    expect(all).to.match(/pulumi up failed:\n[\s\S]*^Pod model-v2-\S+: container \S+ keeps crashing/m);
    expect(all).to.not.match(/\n {4}at /);
    const [route] = await cluster.kubectl.get(["httproute", "sentiment-classifier", `--namespace=${NAMESPACE}`]);
    expect(route && valueAt(route, "spec.rules.1.backendRefs.1.weight")).to.equal(25);
    await underLoad(cluster, async (load) => load.more(500));
    const { exitCode: mended, all: output } = await local("up");
    expect(mended, output).to.equal(0);
  });
});

/** The process id, as seen from this machine, of the server in a pod. */
async function serverProcess(podUid: string): Promise<number> {
  for (const entry of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [groups, command] = await Promise.all(
      ["cgroup", "cmdline"].map((file) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "")),
    );
    if (groups?.includes(podUid) && command?.includes("apps/inference/main.ts")) return Number(entry);
  }
  throw new Error(`no server process in pod ${podUid}`);
}
