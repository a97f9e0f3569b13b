import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { local, status } from "../support/cluster.ts";
import { eventually } from "../support/wait.ts";
import { type Call, deployExample, type Example, logOf, readyPods, runByHand } from "./example.ts";

const HOST = "ml-model.example.com";

describe("the example ml-workloads on the embedded cluster", function () {
  this.timeout(400_000);
  let workloads: Example;
  before(async function () {
    this.timeout(60 * 60_000);
    workloads = await deployExample("ml-workloads");
    // Because the dev stack's route has a rule for the same header on every host, which Traefik would prefer.
    await workloads.cluster.kubectl.run(["delete", "httproute", "sentiment-classifier", "--namespace=ml-dev"]);
  });
  after("removes the stack, and restores the dev stack's route", async function () {
    this.timeout(600_000);
    await workloads?.remove();
    const { exitCode, all } = await local("up");
    expect(exitCode, all).to.equal(0);
  });

  const amazing: Call = { body: { text: "This product is amazing!" } };
  const versionAt = async (headers: Record<string, string> = {}) => {
    const { status: code, text } = await workloads.callGateway(HOST, "/predict", { ...amazing, headers });
    expect(code, text).to.equal(200);
    return String(JSON.parse(text).version);
  };
  /** Number of responses by version. */
  const versionsOf = async (requests: number) => {
    const counts: Record<string, number> = {};
    for (let sent = 0; sent < requests; sent += 1) {
      const version = await versionAt();
      counts[version] = (counts[version] ?? 0) + 1;
    }
    return counts;
  };

  it("has its quota and limit range", async () => {
    const quota = await workloads.kubectl("describe", "resourcequota", "ml-quota");
    expect(quota).to.match(/requests\.cpu +\S+ +20\b/);
    expect(quota).to.match(/pods +\d+ +50\b/);
    expect(await workloads.kubectl("describe", "limitrange", "ml-limit-range")).to.match(
      /Container +memory +\S+ +16Gi/,
    );
  });

  it("has both claims bound, and the registry on one of them", async () => {
    for (const claim of ["models-pvc", "training-data-pvc"]) {
      const phase = await workloads.kubectl("get", "pvc", claim, "--output=jsonpath={.status.phase}");
      expect(phase).to.equal("Bound");
    }
    expect(await logOf(workloads, "storage-init")).to.match(/sentiment-classifier/);
    const read = (file: string) => workloads.kubectl("exec", "deployment/model-v1", "--", "cat", file);
    const { models } = JSON.parse(await read("/models/registry/models.json")) as {
      models: { name: string; versions: string[] }[];
    };
    expect(models.find(({ name }) => name === "sentiment-classifier")?.versions).to.include.members(["1", "2"]);
    expect(JSON.parse(await read("/models/sentiment-classifier/1/metadata.json"))).to.deep.include({ version: "1" });
  });

  it("answers at the name of each version's Service", async () => {
    for (const version of ["1", "2"]) {
      const url = `http://model-v${version}-service/predict`;
      const { text } = await workloads.callFrom("model-v1", url, { body: { text: "This product is terrible!" } });
      expect(JSON.parse(text)).to.include({ sentiment: "negative", model: "sentiment-classifier", version });
    }
    const metrics = await workloads.callFrom("model-v1", "http://model-v1-service:9090/metrics");
    expect(metrics.text).to.match(/^model_requests_total\{.*version="1".*status="success"/m);
  });

  it("has trained one version in a single Job and one with four workers", async () => {
    expect(await logOf(workloads, "model-training-simple")).to.match(/accuracy/);
    const log = await logOf(workloads, "distributed-training");
    expect(log).to.match(/worker/i);
    const pods = await workloads.get("pods", "--selector=job-type=distributed-training");
    expect(pods.length).to.be.at.least(4);
  });

  it("trains only if there is new data, when its CronJob is started by hand", async () => {
    const log = await runByHand(workloads, "scheduled-model-training", "without-new-data");
    expect(log).to.match(/no new data|new_data_available/i);
  });

  it("leaves the GPU Job pending, and status says why", async () => {
    const [pod] = await workloads.get("pods", "--selector=job-type=gpu-training");
    expect(pod && valueAt(pod, "status.phase")).to.equal("Pending");
    const problem = await eventually("problem of the GPU Job", async () =>
      (await status()).problems.find(({ object }) => object.includes("gpu-training-job")),
    );
    expect(problem.what).to.match(/is Pending/);
    expect(problem.remedy).to.match(/it waits for 1 nvidia\.com\/gpu/);
  });

  it("sends about a quarter of the requests to the canary, and all requests with the header", async () => {
    const requests = 400;
    const { 2: canary = 0 } = await versionsOf(requests);
    // Within four standard deviations of a binomial distribution: a correct split fails once in 16,000 runs.
    const deviation = Math.sqrt(requests * 0.25 * 0.75);
    expect(canary).to.be.within(requests * 0.25 - 4 * deviation, requests * 0.25 + 4 * deviation);
    for (let sent = 0; sent < 20; sent += 1) expect(await versionAt({ "x-model-version": "v2" })).to.equal("2");
  });

  it("moves traffic to the canary and back by the annotation on its Ingress", async () => {
    const weigh = (weight: number) =>
      workloads.kubectl(
        ...["annotate", "ingress", "model-canary", "--overwrite"],
        `nginx.ingress.kubernetes.io/canary-weight=${weight}`,
      );
    for (const [weight, version] of [
      [100, "2"],
      [0, "1"],
    ] as const) {
      await weigh(weight);
      await eventually(`only version ${version}`, async () => {
        const counts = await versionsOf(20);
        return Object.keys(counts).join() === version ? true : undefined;
      });
    }
    await weigh(25);
  });

  it("has run its load test of five clients with a hundred requests each", async () => {
    const log = await logOf(workloads, "model-load-test");
    expect(log).to.match(/success/i);
    const job = await workloads.kubectl("get", "job", "model-load-test", "--output=jsonpath={.status.succeeded}");
    expect(job).to.equal("5");
  });

  it("can be labeled, scaled, rolled and rolled back", async () => {
    await workloads.kubectl("label", "deployment", "model-v1", "--overwrite", "model-version=1.0.1");
    const labels = await workloads.kubectl("get", "deployment", "model-v1", "--output=jsonpath={.metadata.labels}");
    expect(JSON.parse(labels)).to.include({ "model-version": "1.0.1", "commit-sha": "abc123" });

    await workloads.kubectl("set", "env", "deployment/model-v1", "LOG_LEVEL=debug");
    await workloads.rolledOut("model-v1");
    await workloads.kubectl("rollout", "undo", "deployment/model-v1");
    await workloads.rolledOut("model-v1");
    expect(await workloads.kubectl("exec", "deployment/model-v1", "--", "env")).to.not.match(/^LOG_LEVEL=debug$/m);
    expect((await readyPods(workloads, "app=ml-model,version=v1")).length).to.be.at.least(2);
  });
});
