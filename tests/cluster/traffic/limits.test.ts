import { expect } from "chai";
import { type Cluster, devCluster, NAMESPACE, predict } from "../support/cluster.ts";
import { deploy, devStackChanged } from "../support/stacks.ts";
import { countVersions } from "../support/under-load.ts";
import { eventually } from "../support/wait.ts";

const APIS: Readonly<Record<string, object>> = {
  HTTPRoute: { name: "ml-gateway", namespace: "gateway-system", implementation: "traefik" },
  Ingress: {
    api: "Ingress",
    namespace: "gateway-system",
    implementation: "traefik",
    ingressClassName: "nginx",
  },
};

interface Model {
  readonly model: string;
  readonly traffic?: object;
}

describe("limits and mirrors of a route on the embedded cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  after(() => deploy());

  /** Deploys the dev stack with half_plus_two at /half_plus_two and additional traffic settings for it. */
  const up = async (api: string, traffic: object) =>
    deploy(
      ...(await devStackChanged(cluster, (settings) => ({
        ...settings,
        gateway: APIS[api],
        models: (settings["models"] as Model[]).map((model) => {
          const { canaryHeader: _header, ...without } = (model.traffic ?? {}) as { canaryHeader?: unknown };
          return { ...model, traffic: model.model === "half_plus_two" ? { ...without, ...traffic } : without };
        }),
      }))),
    );
  const half = async (instances: readonly number[]) =>
    fetch(new URL("/half_plus_two/predict", cluster.gatewayUrl), {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": cluster.apiKey },
      body: JSON.stringify({ instances }),
    }).then(async (response) => {
      await response.text();
      return response.status;
    });

  for (const form of Object.keys(APIS)) {
    it(`apply to ${form} routes, which still forward other requests under the path prefix`, async () => {
      await up(form, { rateLimit: { requestsPerSecond: 2, burstMultiplier: 3 }, bodyLimit: "1Ki" });
      // One request per second is below the limit, so the first successful response shows that the route is in effect.
      await eventually("413 for a large body", async () =>
        (await half(Array.from({ length: 1000 }, () => 1.5))) === 413 ? true : undefined,
      );
      const answers = await Promise.all(Array.from({ length: 40 }, () => half([1])));
      expect(answers).to.include(429);
      expect(answers.filter((status) => status !== 200 && status !== 429)).to.deep.equal([]);
      await eventually("an answer below the rate", async () => ((await half([1])) === 200 ? true : undefined));
    });
  }

  it("copy requests to a version that gets no requests of its own", async () => {
    const mirrored = async () => {
      const [pod] = await cluster.kubectl.get([
        "pods",
        `--namespace=${NAMESPACE}`,
        "--selector=app=ml-model,version=v2",
      ]);
      const metrics = await cluster.kubectl.run([
        "get",
        "--raw",
        `/api/v1/namespaces/${NAMESPACE}/pods/${pod?.metadata.name}:9090/proxy/metrics`,
      ]);
      return Number(/^model_requests_total\{.*status="success".*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    const changes = await deploy(
      ...(await devStackChanged(cluster, (settings) => ({
        ...settings,
        models: (settings["models"] as Model[]).map((model) =>
          model.model === "sentiment-classifier"
            ? { ...model, traffic: { name: "sentiment-classifier", stable: "1", mirror: { version: "2" } } }
            : model,
        ),
      }))),
    );
    expect(changes).to.include("+ TraefikService model-v1-service");
    // The gateway removes the Ingress of the previous test some time after `up` has ended.
    await eventually("end of version 2's own answers", async () => {
      const versions = await countVersions(cluster, 60).catch(() => ({}));
      return Object.keys(versions).join() === "1" ? true : undefined;
    });
    const before = await mirrored();
    await eventually("a copy of the requests", async () => {
      const { status, body } = await predict(cluster, { text: "A pleasant surprise" });
      expect(status, JSON.stringify(body)).to.equal(200);
      expect(body["version"]).to.equal("1");
      return (await mirrored()) > before + 5 ? true : undefined;
    });
  });
});
