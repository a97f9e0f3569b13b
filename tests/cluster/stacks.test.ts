import { expect } from "chai";
import { valueAt } from "../../engine/status/fields.ts";
import { type Cluster, destroyStack, devCluster, local, NAMESPACE, status } from "./support/cluster.ts";
import { deploy, stackOf } from "./support/stacks.ts";

const OTHER = "ml-beside";
const DEVICES = "ml-beside-devices";
const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } };

/** A second stack: another namespace, an API gateway for its one model, and a Service that waits for a load balancer. */
const settings = {
  environment: "test",
  images: { registry: "registry.example.com/ml" },
  namespace: { name: OTHER },
  storage: {
    models: { name: "models", size: "100Mi", accessMode: "ReadWriteOnce" },
    init: { seed: [{ model: "half_plus_two", version: "1", task: "half_plus_two" }], resources },
  },
  models: [
    {
      model: "half_plus_two",
      versions: [
        {
          version: "1",
          name: "half",
          replicas: 1,
          resources,
          service: { name: "half", type: "LoadBalancer", skipAwait: true },
        },
      ],
    },
  ],
  apiGateway: {
    name: "front",
    replicas: 1,
    routes: [{ path: "/predict", model: "half_plus_two", version: "1" }],
    service: { name: "front", type: "NodePort", nodePort: 30987 },
  },
  // No node matches, so the namespace and the DaemonSet exist, but no pods.
  gpuPool: { devicePlugin: { namespace: DEVICES } },
};

describe("a second stack next to the first", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  after(() => destroyStack("beside"));

  const up = async (change: object = {}) =>
    deploy("--stack", "beside", ...(await stackOf(cluster, { ...settings, ...change })));
  const half = async () => {
    const answer = await fetch("http://10.200.0.2:30987/predict", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instances: [1, 2, 5] }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it("is deployed without changing the first, even if its load balancer gets no address", async function () {
    // Builds the nginx image on first use.
    this.timeout(30 * 60_000);
    const changes = await up();
    expect(changes).to.include.members([`+ Namespace ${OTHER}`, `+ Namespace ${DEVICES}`, "+ Deployment front"]);
    expect(await deploy()).to.deep.equal([]);
    expect(await up()).to.deep.equal([]);
    const [service] = await cluster.kubectl.get(["service", "half", `--namespace=${OTHER}`]);
    expect(service && valueAt(service, "status.loadBalancer")).to.deep.equal({});
  });

  it("answers on the NodePort of its API gateway", async () => {
    const { status: code, body } = await half();
    expect(code, JSON.stringify(body)).to.equal(200);
    expect(body["predictions"]).to.deep.equal([2.5, 3, 4.5]);
  });

  it("has its own lines in status, next to the model of the same name", async () => {
    const { models, problems } = await status();
    const namespaces = models.filter(({ name }) => name === "half_plus_two").map(({ namespace }) => namespace);
    expect(namespaces).to.include.members([OTHER, NAMESPACE]);
    expect(problems.filter(({ namespace }) => namespace === OTHER)).to.deep.equal([]);
  });

  it("deletes objects that were removed from it, in both of its namespaces, except those with data", async () => {
    const { devicePlugin } = settings.gpuPool;
    const changes = await up({ apiGateway: null, gpuPool: { devicePlugin: { ...devicePlugin, name: "other" } } });
    expect(changes).to.include.members(["- Deployment front", "- Service front", "± DaemonSet other"]);
    expect(await cluster.kubectl.get(["daemonsets", `--namespace=${DEVICES}`])).to.have.length(1);
    const { exitCode, stderr } = await local(
      "up",
      "--stack",
      "beside",
      ...(await stackOf(cluster, { ...settings, gpuPool: null })),
    );
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^Namespace ml-beside-devices would be deleted with the data in it/);
    expect(await deploy()).to.deep.equal([]);
  });
});
