import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { valueAt } from "../../local/deploy/fields.ts";
import { type Cluster, devCluster, local, NAMESPACE, predict, stackFile, stackWithWeight } from "./cluster.ts";
import { type Load, startLoad } from "./load.ts";

describe("traffic on the embedded cluster", function () {
  this.timeout(240_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });

  /** Runs a disturbance under load, and expects that no request notices. */
  async function underLoad(disturb: (load: Load) => Promise<void>): Promise<Readonly<Record<string, number>>> {
    const load = startLoad(cluster);
    await load.more(500);
    try {
      await disturb(load);
      await load.more(1000);
    } finally {
      const { sent, failures, versions } = await load.stop();
      expect(failures.slice(0, 5), `${failures.length} of ${sent} requests failed`).to.deep.equal([]);
      // biome-ignore lint/correctness/noUnsafeFinally: a failed request matters more than what failed beside it
      return versions;
    }
  }

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

  /** Waits until the rollout is over and the pods it replaced are gone. */
  async function rolledOut(): Promise<void> {
    await kubectl("rollout", "status", "deployment/model-v1", "--timeout=120s");
    while ((await podsOf("v1")).some(({ metadata }) => metadata.deletionTimestamp !== undefined)) await sleep(500);
  }

  /** Counts which version answers, over so many requests. */
  async function countVersions(requests: number): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const one = async () => {
      const { status, body } = await predict(cluster, { text: "A pleasant surprise" });
      expect(status).to.equal(200);
      const version = String(body["version"]);
      counts[version] = (counts[version] ?? 0) + 1;
    };
    for (let sent = 0; sent < requests; sent += 20) await Promise.all(Array.from({ length: 20 }, one));
    return counts;
  }

  it("gives the canary its 25 %, within the bounds of chance", async () => {
    const requests = 1000;
    const { 2: canary = 0 } = await countVersions(requests);
    // Four standard deviations of a binomial: wrong once in 16,000 runs.
    const deviation = Math.sqrt(requests * 0.25 * 0.75);
    expect(canary).to.be.within(requests * 0.25 - 4 * deviation, requests * 0.25 + 4 * deviation);
  });

  it("sends every request with the header to version 2", async () => {
    for (let count = 0; count < 200; count += 1) {
      const headers = { "x-model-version": "v2" };
      const { body } = await predict(cluster, { text: "A pleasant surprise" }, { headers });
      expect(body["version"]).to.equal("2");
    }
  });

  it("flips 25 → 50 → 0 → 100 → 25 under load: only the route changes, nothing restarts, no request fails", async () => {
    const before = await runningServers();
    await underLoad(async () => {
      for (const weight of [50, 0, 100, 25]) {
        const { exitCode, all } = await local("up", "--config-file", await stackWithWeight(weight));
        expect(exitCode, all).to.equal(0);
        const changes = all.split("\n").filter((line) => /^ {2}[-+~±] /.test(line));
        expect(changes).to.have.length(1);
        expect(changes[0]).to.match(/^ {2}~ HTTPRoute sentiment-classifier \(.*weight/);
      }
    });
    const after = await runningServers();
    expect(after.revisions).to.deep.equal(before.revisions);
    // The autoscaler may have added pods or taken some away.
    for (const [pod, restarts] of after.restarts) expect(restarts, pod).to.equal(before.restarts.get(pod) ?? 0);
  });

  it("moves all of the traffic with weight 100, and none with 0", async () => {
    await local("up", "--config-file", await stackWithWeight(100));
    expect(Object.keys(await countVersions(100))).to.deep.equal(["2"]);
    await local("up", "--config-file", await stackWithWeight(0));
    expect(Object.keys(await countVersions(100))).to.deep.equal(["1"]);
    await local("up");
  });

  it("loses no request to a rolling restart", async () => {
    await underLoad(async () => {
      await kubectl("rollout", "restart", "deployment/model-v1");
      await rolledOut();
    });
  });

  it("loses no request to a deleted pod", async () => {
    await underLoad(async () => {
      const [pod] = await podsOf("v1");
      await kubectl("delete", "pod", pod?.metadata.name ?? "", "--wait=false");
      await rolledOut();
    });
  });

  it("loses no request to a container that is killed outright", async () => {
    await underLoad(async () => {
      const [pod] = await podsOf("v1");
      const uid = String(Reflect.get(pod?.metadata ?? {}, "uid"));
      process.kill(await serverProcess(uid), "SIGKILL");
    });
    await kubectl("rollout", "status", "deployment/model-v1", "--timeout=120s");
  });

  it("changes no route when a version does not become ready", async () => {
    const file = await stackFile((text) =>
      text
        .replace("canaryWeight: 25", "canaryWeight: 60")
        .replace('limits: { cpu: "1", memory: 512Mi }', 'limits: { cpu: "5", memory: 512Mi }'),
    );
    const { exitCode, all } = await local("up", "--config-file", file);
    expect(exitCode).to.equal(1);
    expect(all).to.match(/maximum cpu usage per Container is 4/);
    expect(all).to.not.match(/\n {4}at /);
    await underLoad(async (load) => load.more(500));
    const { exitCode: mended, all: output } = await local("up");
    expect(mended, output).to.equal(0);
  });
});

/** Process id, on this machine, of the server in a pod. */
async function serverProcess(podUid: string): Promise<number> {
  for (const entry of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [groups, command] = await Promise.all(
      ["cgroup", "cmdline"].map((file) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "")),
    );
    if (groups?.includes(podUid) && command?.includes("apps/inference/main.ts")) return Number(entry);
  }
  throw new Error(`no server process in pod ${podUid}`);
}
