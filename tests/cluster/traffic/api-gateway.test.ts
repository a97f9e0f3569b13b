import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, devCluster, NAMESPACE, predict } from "../support/cluster.ts";
import { deploy, devStackWith } from "../support/stacks.ts";
import { underLoad } from "../support/under-load.ts";
import { eventually } from "../support/wait.ts";

const settings = {
  name: "front",
  routes: [
    { path: "/predict", model: "sentiment-classifier", version: "1" },
    { path: "/half/", model: "half_plus_two", version: "1", target: "/" },
  ],
  apiKey: { secret: "api-credentials", key: "API_KEY" },
  replicas: 2,
  resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { cpu: "1", memory: "128Mi" } },
  service: { name: "front", type: "NodePort" },
  // Longer than a busy node takes to notice that a pod is terminating.
  rollout: { drainSeconds: 15 },
  bodyLimit: "64Ki",
};

describe("the API gateway on the embedded cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  /** The cluster with an API gateway in place of the Gateway. */
  let front: Cluster;
  const up = async (change: object = {}) =>
    deploy(...(await devStackWith(cluster, { apiGateway: { ...settings, ...change } })));
  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, `--namespace=${NAMESPACE}`]);
  const pods = () => cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, "--selector=app=front"]);

  before(async function () {
    // Builds the nginx image on first use.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    await up();
    const [service] = await cluster.kubectl.get(["service", "front", `--namespace=${NAMESPACE}`]);
    const [node] = await cluster.kubectl.get(["nodes"]);
    const ports = (service && valueAt(service, "spec.ports")) as { nodePort: number }[];
    const addresses = (node && valueAt(node, "status.addresses")) as { type: string; address: string }[];
    const address = addresses.find(({ type }) => type === "InternalIP")?.address;
    front = { ...cluster, gatewayUrl: `http://${address}:${ports[0]?.nodePort}` };
  });
  after(() => deploy());

  /** Waits until the rollout has finished and the replaced pods are gone. */
  async function rolledOut(): Promise<void> {
    await kubectl("rollout", "status", "deployment/front", "--timeout=240s");
    await eventually("two pods", async () => ((await pods()).length === 2 ? true : undefined));
  }

  it("answers /health and /status itself, without a key", async () => {
    const health = await fetch(new URL("/health", front.gatewayUrl));
    expect([health.status, await health.text()]).to.deep.equal([200, "Gateway OK\n"]);
    const about = await fetch(new URL("/status", front.gatewayUrl));
    expect(await about.text()).to.equal(
      "API Gateway v1.0\nBackend: model-v1-service:80 (/predict)\nBackend: half-plus-two:80 (/half/)\n",
    );
  });

  it("routes each model's path to that model, and no other paths", async () => {
    const sentiment = await predict(front, { text: "A pleasant surprise" });
    expect(sentiment.status, JSON.stringify(sentiment.body)).to.equal(200);
    expect(sentiment.body).to.include({ model: "sentiment-classifier", version: "1" });
    const half = await predict(front, { instances: [1, 2, 5] }, { place: "/half/predict" });
    expect(half.body["predictions"]).to.deep.equal([2.5, 3, 4.5]);
    const other = await fetch(new URL("/metrics", front.gatewayUrl), { headers: { "x-api-key": front.apiKey } });
    expect(other.status).to.equal(404);
  });

  it("forwards the client's request id and host", async () => {
    const response = await fetch(new URL("/predict", front.gatewayUrl), {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": front.apiKey, "x-request-id": "mine-1" },
      body: JSON.stringify({ text: "A pleasant surprise" }),
    });
    await response.text();
    expect(response.headers.get("x-request-id")).to.equal("mine-1");
  });

  it("rejects a missing or wrong key, and does not store the key in the ConfigMap", async () => {
    for (const apiKey of ["", "wrong", front.apiKey.slice(1), `${front.apiKey}x`]) {
      const { status, body } = await predict({ ...front, apiKey }, { text: "A pleasant surprise" });
      expect(status, apiKey).to.equal(401);
      expect(body["error"]).to.equal("the key in X-API-Key is missing or wrong");
    }
    const stored = await kubectl("get", "configmaps,deployments", "--output=json");
    expect(stored).to.include("api_key_known").and.not.to.include(front.apiKey);
  });

  it("rejects a body larger than its limit", async () => {
    const response = await fetch(new URL("/predict", front.gatewayUrl), {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": front.apiKey },
      body: JSON.stringify({ text: "x".repeat(100_000) }),
    });
    await response.text();
    expect(response.status).to.equal(413);
  });

  it("rolls its pods when its configuration changes, without losing a request", async () => {
    const before = (await pods()).map(({ metadata }) => metadata.name);
    await underLoad(front, async () => {
      const changes = await up({ readTimeoutSeconds: 20 });
      expect(changes.join("\n")).to.match(/^± ConfigMap api-gateway-config-/m);
      await rolledOut();
    });
    const after = (await pods()).map(({ metadata }) => metadata.name);
    expect(after.filter((pod) => before.includes(pod))).to.deep.equal([]);
  });

  it("loses no request during a model's rolling restart", async () => {
    await underLoad(front, async () => {
      await kubectl("rollout", "restart", "deployment/model-v1");
      await kubectl("rollout", "status", "deployment/model-v1", "--timeout=240s");
      await eventually("end of the old pods", async () => {
        const models = await cluster.kubectl.get([
          "pods",
          `--namespace=${NAMESPACE}`,
          "--selector=app=ml-model,version=v1",
        ]);
        return models.some(({ metadata }) => metadata.deletionTimestamp !== undefined) ? undefined : true;
      });
    });
  });
});
