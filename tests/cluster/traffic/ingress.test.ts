import { expect } from "chai";
import { type Cluster, devCluster, NAMESPACE, predict, status } from "../support/cluster.ts";
import { deploy, devStackWith } from "../support/stacks.ts";
import { countVersions, underLoad } from "../support/under-load.ts";
import { eventually, gone } from "../support/wait.ts";

/** Settings that replace the dev stack's Gateway with an Ingress. */
const gateway = {
  api: "Ingress",
  implementation: "traefik",
  ingressClassName: "nginx",
  name: null,
  namespace: "gateway-system",
};
/**
 * Leaves out the other models: a header rule would also apply to their paths on the same host, so the checks would
 * reject it.
 */
const models = ["iris", "half_plus_two"].map((model) => ({ model, traffic: null }));
const HEADER = { "x-model-version": "v2" };

describe("traffic through Ingresses with nginx annotations on the embedded cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  const withWeight = async (canaryWeight: number) =>
    deploy(...(await devStackWith(cluster, { gateway, models, canaryWeight })));
  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, `--namespace=${NAMESPACE}`]);

  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    const changes = await withWeight(25);
    expect(changes).to.include.members(["+ Ingress sentiment-classifier", "- HTTPRoute sentiment-classifier"]);
    await eventually("answer by the Ingress", async () => {
      const { status: code } = await predict(cluster, { text: "Never again" });
      return code === 200 ? true : undefined;
    });
  });
  after(() => deploy());

  /** Waits until the gateway has applied a new share, which happens after `up` has ended. */
  const only = (version: string) =>
    eventually(`end of all versions but ${version}`, async () =>
      Object.keys(await countVersions(cluster, 20)).every((answering) => answering === version) ? true : undefined,
    );

  it("has the shares shown by status", async () => {
    const model = (await status()).models.find(({ name }) => name === "sentiment-classifier");
    expect(model?.versions.map(({ version, weight }) => [version, weight])).to.deep.equal([
      ["1", 75],
      ["2", 25],
    ]);
  });

  it("sends 25 % of the requests to the canary, and all requests with the header", async () => {
    const requests = 600;
    // The gateway applies the Ingresses some time after `up` has ended, the canary's last. By then it may already have
    // removed the HTTPRoute.
    const settled = (headers: Record<string, string>, count: number) =>
      countVersions(cluster, count, headers).catch((): Record<string, number> => ({}));
    await eventually("share of about 25 % for version 2, and of all requests with the header", async () => {
      const { 2: canary = 0 } = await settled({}, requests);
      const { 2: pinned } = await settled(HEADER, 100);
      return canary > requests * 0.15 && canary < requests * 0.35 && pinned === 100 ? true : undefined;
    });
  });

  it("flips 25 → 50 → 100 → 0 under load: one annotation changes, all of the traffic moves, no request fails", async () => {
    await underLoad(cluster, async () => {
      for (const weight of [50, 100, 0]) {
        const changes = await withWeight(weight);
        expect(changes).to.have.length(1);
        expect(changes[0]).to.match(/^~ Ingress .*canary-weight/);
        if (weight === 100) await only("2");
      }
    });
    await only("1");
  });

  it("sends nothing to a canary without ready pods, whatever its weight, and fails no request", async () => {
    await kubectl("scale", "deployment/model-v2", "--replicas=0");
    await gone(cluster, "pods", `--namespace=${NAMESPACE}`, "--selector=app=ml-model,version=v2");
    const ingresses = await cluster.kubectl.get(["ingresses", `--namespace=${NAMESPACE}`]);
    const annotation = "nginx.ingress.kubernetes.io/canary-weight";
    const canary = ingresses.find(({ metadata }) => metadata.annotations?.[annotation] !== undefined);
    await underLoad(cluster, async (load) => {
      // By hand, because `up` would restore the pods first.
      await kubectl("annotate", "--overwrite", `ingress/${canary?.metadata.name}`, `${annotation}=50`);
      await load.more(2000);
    });
    expect(Object.keys(await countVersions(cluster, 100))).to.deep.equal(["1"]);
  });

  it("gives the canary its share again once it has ready pods", async () => {
    const changes = await withWeight(25);
    expect(changes.some((line) => /^~ Ingress .*canary-weight/.test(line))).to.equal(true);
    await kubectl("scale", "deployment/model-v2", "--replicas=1");
    await kubectl("rollout", "status", "deployment/model-v2", "--timeout=240s");
    await eventually("answer of version 2", async () => (await countVersions(cluster, 20))["2"]);
  });
});
