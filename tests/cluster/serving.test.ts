import { expect } from "chai";
import { valueAt } from "../../engine/status/fields.ts";
import { type Cluster, devCluster, local, NAMESPACE, predict, status } from "./support/cluster.ts";
import { eventually } from "./support/wait.ts";

describe("the dev stack on the embedded cluster", function () {
  this.timeout(120_000);
  let cluster: Cluster;
  before(async function () {
    // On a new machine this builds Kubernetes and everything else from source.
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });

  /** The output of a command in a pod of the first version. */
  const inServer = (...command: string[]) =>
    cluster.kubectl.run(["exec", "deployment/model-v1", `--namespace=${NAMESPACE}`, "--", ...command]);

  it("is deployed by a command that changes nothing when it is repeated", async () => {
    const { exitCode, all } = await local("up");
    expect(exitCode, all).to.equal(0);
    expect(all).to.match(/Stack dev: no change/);
    expect(all).to.match(/Images of the apps: no change/);
  });

  const sentences: [string, string][] = [
    ["What a wonderful film, we loved every minute of it", "positive"],
    ["Delicious food and very friendly staff", "positive"],
    ["The best purchase I have made in years", "positive"],
    ["Terrible service and the room was filthy", "negative"],
    ["It broke after a week, a complete waste of money", "negative"],
    ["The most boring book I have ever read", "negative"],
  ];
  for (const version of ["v1", "v2"]) {
    it(`classifies sentiment with model ${version}`, async () => {
      const headers = { "x-model-version": version };
      for (const [text, sentiment] of sentences) {
        const { status: code, body } = await predict(cluster, { text }, version === "v2" ? { headers } : {});
        expect(code).to.equal(200);
        expect(body, text).to.include({ text, sentiment, model: "sentiment-classifier" });
        expect(body["confidence"]).to.be.within(0.5, 1);
      }
    });
  }

  it("classifies an iris by its measurements", async () => {
    const setosa = { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 };
    const virginica = { sepal_length: 6.7, sepal_width: 3.3, petal_length: 5.7, petal_width: 2.5 };
    const place = "/iris/predict";
    expect((await predict(cluster, setosa, { place })).body).to.deep.equal({
      species_index: 0,
      species_name: "setosa",
    });
    const { body } = await predict(cluster, virginica, { place });
    expect(body).to.deep.equal({ species_index: 2, species_name: "virginica" });
  });

  it("halves and adds two", async () => {
    const { body } = await predict(cluster, { instances: [1, 2, 5] }, { place: "/half_plus_two/predict" });
    expect(body).to.deep.equal({ predictions: [2.5, 3, 4.5], model: "half_plus_two", version: "1" });
  });

  it("requires the API key, and explains invalid requests", async () => {
    const stranger = { gatewayUrl: cluster.gatewayUrl, apiKey: "wrong" };
    expect((await predict(stranger, { text: "hello" })).status).to.equal(401);
    expect((await predict(cluster, { txt: "hello" })).status).to.equal(422);
    const registry = await fetch(new URL("/models", cluster.gatewayUrl), { headers: { "x-api-key": cluster.apiKey } });
    const { models } = (await registry.json()) as { models: { name: string; versions: string[] }[] };
    expect(models.map(({ name }) => name)).to.include.members(["half_plus_two", "iris", "sentiment-classifier"]);
  });

  it("publishes the version that the training Job trained, with its held-out accuracy", async () => {
    const log = await cluster.kubectl.run(["logs", "job/train-sentiment", `--namespace=${NAMESPACE}`]);
    expect(log).to.match(/accuracy/);
    const registry = await fetch(new URL("/models", cluster.gatewayUrl), { headers: { "x-api-key": cluster.apiKey } });
    const { models } = (await registry.json()) as { models: { name: string; versions: string[] }[] };
    expect(models.find(({ name }) => name === "sentiment-classifier")?.versions).to.include("3");
    const text = await inServer("cat", "/models/sentiment-classifier/3/metadata.json");
    expect(JSON.parse(text).accuracy).to.be.at.least(0.8);
  });

  it("runs from an image of at most 200 MB, as a user that cannot write to it", async () => {
    // Volumes are other file systems, not part of the image.
    const size = await inServer(
      "node",
      "-p",
      `const bytes = (folder) => fs.readdirSync(folder || "/").reduce((sum, name) => {
         const entry = fs.lstatSync(folder + "/" + name);
         if (entry.dev !== fs.lstatSync("/").dev) return sum;
         return sum + entry.size + (entry.isDirectory() ? bytes(folder + "/" + name) : 0);
       }, 0);
       bytes("")`,
    );
    expect(Number(size)).to.be.within(100e6, 200e6);
    expect(await inServer("sh", "-c", "echo new > /app/new || cat /etc/passwd")).to.match(/:1000:/);
  });

  it("exports its metrics under the names that the dashboards use", async () => {
    const place = `/api/v1/namespaces/${NAMESPACE}/services/model-v1-service:metrics/proxy/metrics`;
    const metrics = await cluster.kubectl.run(["get", "--raw", place]);
    const labels = 'model="sentiment-classifier",version="1"';
    expect(metrics).to.match(new RegExp(`^model_requests_total{${labels},status="success"} [1-9]`, "m"));
    expect(metrics).to.match(new RegExp(`^model_predictions_total{${labels}} [1-9]`, "m"));
    expect(metrics).to.match(/^model_request_latency_seconds_bucket{[^}]*le="0\.1"[^}]*} \d+/m);
    expect(metrics).to.match(/^process_cpu_seconds_total /m);
  });

  it("has an autoscaler that receives both metrics", async function () {
    this.timeout(180_000);
    const known = await eventually("both metrics of the autoscaler", async () => {
      const [autoscaler] = await cluster.kubectl.get(["hpa", "model-v1-hpa", `--namespace=${NAMESPACE}`]);
      const metrics = (autoscaler && valueAt(autoscaler, "status.currentMetrics")) as
        | { resource?: { name: string; current: { averageUtilization?: number } } }[]
        | undefined;
      const found = (metrics ?? []).filter(({ resource }) => resource?.current.averageUtilization !== undefined);
      return found.length === 2 ? found : undefined;
    });
    expect(known.map(({ resource }) => resource?.name)).to.have.members(["cpu", "memory"]);
  });

  it("prevents the eviction of the last serving pod", async () => {
    const pods = await cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, "--selector=app=ml-model,version=v1"]);
    expect(pods).to.have.length.at.least(2);
    const evict = (name: string) => {
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: NAMESPACE } };
      const place = `/api/v1/namespaces/${NAMESPACE}/pods/${name}/eviction`;
      return cluster.kubectl.run(["create", "--raw", place, "-f", "-"], JSON.stringify(eviction));
    };
    let refused = "";
    for (const pod of pods) {
      await evict(pod.metadata.name).catch((error: Error) => {
        refused = error.message;
      });
    }
    expect(refused).to.match(/disruption budget/);
    await cluster.kubectl.run([
      "rollout",
      "status",
      "deployment/model-v1",
      `--namespace=${NAMESPACE}`,
      "--timeout=60s",
    ]);
  });

  it("admits only pods that meet the restricted standard and the container limits", async () => {
    const pod = (spec: object) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "intruder", namespace: NAMESPACE },
      spec,
    });
    const container = { name: "c", image: "none" };
    const create = (spec: object) =>
      cluster.kubectl.onObjects(["create", "--dry-run=server"], [pod(spec)]).then(
        () => "admitted",
        (error: Error) => error.message,
      );
    expect(await create({ containers: [{ ...container, securityContext: { privileged: true } }] })).to.match(
      /PodSecurity/,
    );
    const resources = { limits: { cpu: "5" } };
    expect(await create({ containers: [{ ...container, resources }] })).to.match(
      /maximum cpu usage per Container is 4/,
    );
  });

  it("is listed by status without any problem", async () => {
    const { models: all, problems } = await status();
    // Stacks from other suites may still be terminating.
    const models = all.filter(({ namespace }) => namespace === NAMESPACE);
    expect(problems.filter(({ namespace }) => namespace === NAMESPACE)).to.deep.equal([]);
    expect(models.map(({ name }) => name)).to.deep.equal(["half_plus_two", "iris", "sentiment-classifier"]);
    const versions = models[2]?.versions.map(({ version, weight }) => [version, weight]);
    expect(versions).to.deep.equal([
      ["1", 75],
      ["2", 25],
    ]);
  });
});
