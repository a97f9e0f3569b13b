import { request } from "node:http";
import path from "node:path";
import { expect } from "chai";
import { nodePaths } from "../../../cluster/node/layout.ts";
import { runningNode } from "../../../cluster/node/record.ts";
import { valueAt } from "../../../engine/status/fields.ts";
import { onRequest } from "../../support/needs.ts";
import { type EngineStack, engineStack } from "../engine/stack.ts";
import { type Cluster, devCluster, NAMESPACE, status } from "../support/cluster.ts";
import { type Demand, startDemand } from "../support/demand.ts";
import { installKeda } from "../support/keda.ts";
import { eventually } from "../support/wait.ts";

/** Rows of one request of the load, and requests at a time: together the most that may wait in one pod. */
const ROWS = 1000;
const CONNECTIONS = 4;

/** A trigger that waits for demand outside of the pods, and one for the rows that wait in all pods of the version. */
const triggers = (outside: string) => [
  { type: "metrics-api", name: "outside", metadata: { url: outside, valueLocation: "waiting", targetValue: "100" } },
  {
    type: "metrics-api",
    name: "queue",
    metadata: {
      url: "http://$service.$namespace.svc:9090/metrics",
      format: "prometheus",
      valueLocation: 'model_queue_depth{model="$model",version="$version"}',
      aggregateFromKubeServiceEndpoints: "true",
      aggregationType: "sum",
      targetValue: "20",
    },
  },
];

/** One run for each row, in a thread beside the server, so that rows wait and the metrics are answered meanwhile. */
const SLOW = { THREAD_AFTER_MS: "0", MAX_BATCH_SIZE: "1" };

describe("a version that KEDA scales", function () {
  this.timeout(60 * 60_000);
  let cluster: Cluster;
  let stack: EngineStack;
  let removeKeda: (() => Promise<void>) | undefined;
  let demand: Demand;

  before(async function () {
    onRequest(this, "KEDA", "needs KEDA, which takes minutes to build");
    cluster = await devCluster();
    const node = await runningNode(nodePaths(path.join(cluster.folder, "state")));
    if (node === undefined) throw new Error("the node is not running");
    removeKeda = await installKeda(cluster.kubectl, node.init);
    const [server] = await cluster.kubectl.get(["deployment", "model-v1", `--namespace=${NAMESPACE}`]);
    const image = server && valueAt(server, "spec.template.spec.containers.0.image");
    demand = await startDemand(cluster.kubectl, "keda", String(image));
    const autoscaling = {
      minReplicas: 0,
      maxReplicas: 3,
      scaleDown: { stabilizationWindowSeconds: 5 },
      keda: {
        pollingInterval: 2,
        cooldownPeriod: 10,
        // `up` asks each model for a prediction at its end.
        initialCooldownPeriod: 60,
        triggers: triggers(demand.url),
      },
    };
    const version = { version: "1", name: "scaled", service: { name: "scaled" }, environment: SLOW, autoscaling };
    stack = await engineStack("keda", {
      canaryWeight: 0,
      training: {},
      // Without an API key, and small enough for three pods beside the dev stack.
      modelDefaults: {
        resources: { requests: { cpu: "50m", memory: "192Mi" }, limits: { cpu: "1", memory: "512Mi" } },
      },
      models: [{ model: "half_plus_two", versions: [version], traffic: { stable: "1", hosts: ["keda.example.com"] } }],
    });
    await stack.up();
  });
  after(async () => {
    await stack?.remove();
    await removeKeda?.();
  });

  const replicas = async () => {
    const [deployment] = await cluster.kubectl.get(["deployment", "scaled", `--namespace=${stack.namespace}`]);
    return {
      wanted: Number(deployment && valueAt(deployment, "spec.replicas")),
      ready: Number((deployment && valueAt(deployment, "status.readyReplicas")) ?? 0),
    };
  };
  const reach = (pods: number) =>
    eventually(`${pods} pods`, async () => {
      const { wanted, ready } = await replicas();
      return wanted === pods && ready === pods ? true : undefined;
    });
  const predict = (rows: number) => post(cluster, "keda.example.com", rows);

  it("goes to zero once there is nothing to do", async () => {
    await reach(0);
    const { models } = await status();
    const [model] = models.filter(({ namespace }) => namespace === stack.namespace);
    expect(model?.versions).to.deep.equal([{ version: "1", ready: 0, weight: 100 }]);
    expect(await predict(1)).to.be.at.least(500);
  });

  it("is left alone there by another deployment, which waits for nothing", async () => {
    expect(await stack.preview()).to.deep.equal([]);
    expect(await stack.up()).to.contain("no change");
    expect(await replicas()).to.deep.equal({ wanted: 0, ready: 0 });
  });

  it("comes back for demand outside", async () => {
    await demand.set(1);
    await reach(1);
    await eventually("an answer through the gateway", async () => ((await predict(1)) === 200 ? true : undefined));
  });

  it("gets more pods for rows that wait in them, and loses these afterwards", async () => {
    const load = startLoad(() => predict(ROWS));
    try {
      await reach(3);
    } finally {
      await load.stop();
    }
    await reach(1);
    expect(await predict(1)).to.equal(200);
  });

  it("goes to zero again", async () => {
    await demand.set(0);
    await reach(0);
  });
});

/** Keeps some requests running until stopped. */
function startLoad(send: () => Promise<number>) {
  let running = true;
  const workers = Array.from({ length: CONNECTIONS }, async () => {
    while (running) await send();
  });
  return {
    stop: async () => {
      running = false;
      await Promise.all(workers);
    },
  };
}

/** Asks for predictions of some rows through the gateway. @returns the status of the response */
function post({ gatewayUrl }: Cluster, host: string, rows: number): Promise<number> {
  const headers = { "content-type": "application/json", host };
  return new Promise((resolve, reject) => {
    const call = request(new URL("/predict", gatewayUrl), { method: "POST", headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    call.on("error", reject);
    call.end(JSON.stringify({ instances: Array.from({ length: rows }, (_row, index) => index) }));
  });
}
