import { expect } from "chai";
import { validateConfig } from "../../config/index.ts";
import { type Settings, stackWith } from "./support.ts";

const resolve = (settings: Settings) => validateConfig(stackWith(settings), "test");
const gateway = { name: "gw", namespace: "gw-system", implementation: "traefik" };
const canary = { stable: "1", canary: "2" };
const model = (traffic?: Settings, more: Settings = {}) => ({
  model: "half_plus_two",
  versions: [{ version: "1" }, { version: "2" }],
  traffic,
  ...more,
});

describe("a resolved stack", () => {
  it("gives a canary its own weight, otherwise the stack's, and gives no weight to a route without a canary", () => {
    const weight = (traffic: Settings) =>
      resolve({ gateway, canaryWeight: 25, models: [model(traffic)] }).models[0]?.traffic?.canaryWeight;
    expect(weight(canary)).to.equal(25);
    expect(weight({ ...canary, canaryWeight: 5 })).to.equal(5);
    expect(weight({ stable: "1" })).to.equal(0);
  });

  it("serves names and versions of every registry, under names that are valid in Kubernetes", () => {
    const mixed = { model: "Iris_2.Large", versions: [{ version: "1767322800" }, { version: "202601020304050" }] };
    const long = { model: "M".repeat(63), name: "long", versions: [{ version: "1" }] };
    const { models, workloads } = resolve({ models: [mixed, long] });
    expect(models.map((one) => [one.model, one.entry, one.app])).to.deep.equal([
      ["Iris_2.Large", "iris-2-large", "iris-2-large"],
      ["M".repeat(63), "long", "long"],
    ]);
    expect(workloads.deployments.map(({ name }) => name)).to.deep.equal([
      "iris-2-large-v1767322800",
      "iris-2-large-v202601020304050",
      "long-v1",
    ]);
    expect(models[0]?.versions[0]?.selector).to.deep.equal({ app: "iris-2-large", version: "v1767322800" });
  });

  it("decides the names and labels of a model", () => {
    const { models, workloads } = resolve({ models: [model(undefined, { name: "half", app: "demo" }), model()] });
    expect(models.map(({ entry, app, stable }) => [entry, app, stable])).to.deep.equal([
      ["half", "demo", "1"],
      ["half-plus-two", "half-plus-two", "1"],
    ]);
    const [version] = models[1]?.versions ?? [];
    expect(version?.resourceName).to.equal("half-plus-two-v1");
    expect(version?.selector).to.deep.equal({ app: "half-plus-two", version: "v1" });
    expect(workloads.deployments.map(({ name }) => name)).to.deep.equal([
      "half-v1",
      "half-v2",
      "half-plus-two-v1",
      "half-plus-two-v2",
    ]);
  });

  it("places Jobs with GPUs on the stack's GPU nodes, with a request for the GPUs", () => {
    const job = { name: "train", task: "iris", model: "iris", gpus: 2, resources: { requests: { cpu: "1" } } };
    const { training } = resolve({
      gpuPool: { labels: { pool: "gpu" }, taint: { key: "gpu" } },
      training: {
        jobs: [job, { ...job, name: "own", nodeSelector: { zone: "a" } }, { ...job, name: "plain", gpus: undefined }],
      },
    });
    const [pooled, own, plain] = training.jobs;
    expect(pooled?.nodeSelector).to.deep.equal({ pool: "gpu" });
    expect(pooled?.tolerations).to.deep.equal([{ key: "gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(pooled?.resources).to.deep.equal({
      requests: { cpu: "1", "nvidia.com/gpu": "2" },
      limits: { "nvidia.com/gpu": "2" },
    });
    expect(own?.nodeSelector).to.deep.equal({ zone: "a" });
    expect(plain?.nodeSelector).to.equal(undefined);
  });

  it("counts the pods of every workload", () => {
    const { workloads } = resolve({
      models: [model(undefined, { defaults: { autoscaling: { minReplicas: 2, maxReplicas: 10 } } })],
      training: { jobs: [{ name: "train", task: "iris", model: "iris", workers: 4 }] },
      loadTest: { url: "http://a", clients: 3 },
    });
    expect(workloads.deployments[0]?.pods).to.deep.equal({ min: 2, max: 10, surge: 1 });
    expect(workloads.trainingJobs[0]?.pods.max).to.equal(4);
    expect(workloads.concurrentJobs[0]?.pods.max).to.equal(3);
  });

  it("is immutable at any depth", () => {
    const stack = resolve({ models: [model()] });
    const version = stack.models[0]?.versions[0];
    for (const part of [stack, stack.models, version, version?.probes.startup, stack.workloads.deployments[0]?.pods]) {
      expect(Object.isFrozen(part)).to.equal(true);
    }
  });

  it("does not change when the components resolve their parts again", async () => {
    const [{ resolveVersion }, { resolveRoute }, { resolveTrainingJob }, { resolveApiGateway }, { resolveStorage }] =
      await Promise.all([
        import("../../components/serving/resolve.ts"),
        import("../../components/traffic/resolve.ts"),
        import("../../components/training/resolve.ts"),
        import("../../components/api-gateway/resolve.ts"),
        import("../../components/storage/resolve.ts"),
      ]);
    const stack = resolve({
      gateway,
      canaryWeight: 10,
      models: [model({ ...canary, rateLimit: {}, tls: { redirect: false } })],
      training: { jobs: [{ name: "train", task: "iris", model: "iris", gpus: 1, run: 3 }] },
      apiGateway: { routes: [{ path: "/a", model: "half_plus_two", version: "1" }] },
    });
    const [resolved] = stack.models;
    const [version] = resolved?.versions ?? [];
    const [job] = stack.training.jobs;
    if (resolved?.traffic === undefined || version === undefined || job === undefined) throw new Error("incomplete");
    expect(resolveVersion(resolved, version)).to.deep.equal(version);
    expect(resolveRoute(resolved.traffic)).to.deep.equal(resolved.traffic);
    expect(resolveTrainingJob(job)).to.deep.equal(job);
    expect(resolveApiGateway(stack.apiGateway ?? {})).to.deep.equal(stack.apiGateway);
    expect(resolveStorage(stack.storage)).to.deep.equal(stack.storage);
  });
});
