import { expect } from "chai";
import { problemsOf, type Settings } from "./support.ts";

/** Quota and limit range of the ml-workloads walkthrough. */
const namespace = {
  name: "ml-workloads",
  quota: {
    hard: {
      "requests.cpu": "20",
      "requests.memory": "40Gi",
      "requests.nvidia.com/gpu": "4",
      "limits.cpu": "40",
      "limits.memory": "80Gi",
      "limits.nvidia.com/gpu": "4",
      persistentvolumeclaims: "5",
      pods: "50",
    },
  },
  limitRange: {
    container: {
      max: { cpu: "8", memory: "16Gi" },
      min: { cpu: "100m", memory: "128Mi" },
      default: { cpu: "1", memory: "1Gi" },
      defaultRequest: { cpu: "500m", memory: "512Mi" },
    },
    pod: { max: { cpu: "16", memory: "32Gi" }, min: { cpu: "100m", memory: "128Mi" } },
  },
};

const resources = (cpu: string, memory: string, limitCpu: string, limitMemory: string) => ({
  requests: { cpu, memory },
  limits: { cpu: limitCpu, memory: limitMemory },
});

/** The models of that walkthrough: v1 with 2 to 10 pods, v2 with one pod. */
const models = [
  {
    model: "sentiment-classifier",
    app: "ml-model",
    defaults: { resources: resources("500m", "1Gi", "2", "2Gi") },
    versions: [
      { version: "1", name: "model-v1", autoscaling: { minReplicas: 2, maxReplicas: 10 } },
      { version: "2", name: "model-v2" },
    ],
  },
];

const job = (name: string, more: Settings) => ({ name, task: "sentiment", model: "sentiment-classifier", ...more });
const simple = job("model-training-simple", { resources: resources("2", "4Gi", "4", "8Gi") });
const distributed = job("distributed-training", { workers: 4, resources: resources("1", "2Gi", "2", "4Gi") });
const gpu = (memory: string) =>
  job("gpu-training-job", { gpus: 1, skipAwait: true, resources: resources("4", "16Gi", "8", memory) });
const cron = { ...simple, name: "scheduled-model-training", schedule: "0 2 * * *" };

const guide = (training: Settings) => problemsOf({ namespace, models, training });

/** A stack of one model, with one version with the given settings. */
const one = (version: Settings, limits: Settings) =>
  problemsOf({
    namespace: { name: "ml", ...limits },
    models: [{ model: "m", versions: [{ version: "1", ...version }] }],
  });

describe("the check that a stack fits its namespace", () => {
  it("rejects the walkthrough's GPU Job as written: it asks for 32Gi, but a container may have 16Gi", () => {
    expect(guide({ jobs: [gpu("32Gi")] })).to.deep.equal([
      "training.jobs[0].resources.limits.memory: 32Gi is above 16Gi, the maximum in namespace.limitRange.container.max.memory; lower it, or raise the limit range",
    ]);
  });

  it("rejects the walkthrough's four kinds of training at once, and shows the sum", () => {
    expect(guide({ jobs: [simple, distributed, gpu("16Gi")], cronJobs: [cron] })).to.deep.equal([
      "namespace.quota.hard.requests.memory: the stack can ask for 45Gi, the quota is 40Gi: gpu-training-job 1 × 16Gi = 16Gi, model-v1 (10 + 1 surge) × 1Gi = 11Gi, distributed-training 4 × 2Gi = 8Gi, model-training-simple 1 × 4Gi = 4Gi, scheduled-model-training 1 × 4Gi = 4Gi, model-v2 (1 + 1 surge) × 1Gi = 2Gi; lower these, or raise the quota",
      "namespace.quota.hard.limits.cpu: the stack can ask for 50, the quota is 40: model-v1 (10 + 1 surge) × 2 = 22, distributed-training 4 × 2 = 8, gpu-training-job 1 × 8 = 8, model-v2 (1 + 1 surge) × 2 = 4, model-training-simple 1 × 4 = 4, scheduled-model-training 1 × 4 = 4; lower these, or raise the quota",
    ]);
  });

  it("counts only the largest of Jobs that run one after another", () => {
    expect(guide({ sequential: true, jobs: [simple, distributed, gpu("16Gi")], cronJobs: [cron] })).to.deep.equal([]);
  });

  it("counts a Job that is not waited for together with the Jobs after it", () => {
    const problems = guide({ sequential: true, jobs: [gpu("16Gi"), distributed], cronJobs: [cron] });
    const cpu = problems.find((line) => line.startsWith("namespace.quota.hard.limits.cpu"));
    expect(cpu).to.include("the stack can ask for 46, the quota is 40");
    expect(cpu).to.include("gpu-training-job 1 × 8 = 8, ");
  });

  it("counts the additional pods of a rollout, and rounds percentages up", () => {
    const quota = { quota: { hard: { pods: "13" } } };
    const autoscaling = { minReplicas: 2, maxReplicas: 10 };
    expect(one({ autoscaling, rollout: { maxSurge: "15%" } }, quota)).to.deep.equal([]);
    expect(one({ autoscaling, rollout: { maxSurge: "25%" } }, quota)).to.deep.equal([
      "namespace.quota.hard.pods: the stack can ask for 14, the quota is 13: m-v1 (10 + 3 surge) = 13, storage-init 1 = 1; lower these, or raise the quota",
    ]);
  });

  it("counts GPUs, claims, storage, the API gateway and the load test", () => {
    const problems = problemsOf({
      namespace: {
        name: "ml",
        quota: {
          hard: { "requests.nvidia.com/gpu": "1", persistentvolumeclaims: "1", "requests.storage": "2Gi", pods: "9" },
        },
      },
      storage: { models: { size: "1Gi" }, data: { size: "2Gi" } },
      models,
      training: { jobs: [job("a", { gpus: 1 }), job("b", { gpus: 1 })] },
      apiGateway: { routes: [{ path: "/predict", model: "sentiment-classifier", version: "1" }] },
      loadTest: { model: "sentiment-classifier" },
    });
    expect(problems).to.deep.equal([
      "namespace.quota.hard.requests.nvidia.com/gpu: the stack can ask for 2, the quota is 1: a 1 × 1 = 1, b 1 × 1 = 1; lower these, or raise the quota",
      "namespace.quota.hard.persistentvolumeclaims: the stack can ask for 2, the quota is 1: storage.models = 1, storage.data = 1; lower these, or raise the quota",
      "namespace.quota.hard.requests.storage: the stack can ask for 3Gi, the quota is 2Gi: storage.data = 2Gi, storage.models = 1Gi; lower these, or raise the quota",
      "namespace.quota.hard.pods: the stack can ask for 23, the quota is 9: model-v1 (10 + 1 surge) = 11, load-test 5 = 5, api-gateway (2 + 1 surge) = 3, model-v2 (1 + 1 surge) = 2, a 1 = 1, b 1 = 1; lower these, or raise the quota",
    ]);
  });

  it("names the largest workloads, and adds up the rest", () => {
    const versions = Array.from({ length: 20 }, (_, index) => ({ version: String(index + 1) }));
    const [problem = ""] = problemsOf({
      namespace: { name: "ml", quota: { hard: { "limits.cpu": "50" } } },
      models: [{ model: "m", versions }],
    });
    expect(problem).to.match(
      /the stack can ask for 81, the quota is 50: .*m-v8 \(1 \+ 1 surge\) × 2 = 4, 13 more = 49; /,
    );
  });

  it("requires limits if the quota restricts them, and uses the limit range's default", () => {
    const requestsOnly = { resources: { requests: { cpu: "200m", memory: "64Mi" } } };
    const quota = { hard: { "limits.cpu": "10" } };
    expect(one(requestsOnly, { quota })).to.deep.equal([
      "models[0].versions[0].resources.limits.cpu: is missing, but namespace.quota.hard.limits.cpu rejects pods without it; set it, or set a default in namespace.limitRange.container",
    ]);
    expect(one(requestsOnly, { quota, limitRange: { container: { default: { cpu: "1" } } } })).to.deep.equal([]);
    expect(one(requestsOnly, { quota, limitRange: { container: { max: { cpu: "2" } } } })).to.deep.equal([]);
  });

  it("sets a missing request to the limit, as the API server does", () => {
    const limitsOnly = { resources: { limits: { cpu: "2", memory: "1Gi" } } };
    const limits = { quota: { hard: { "requests.cpu": "3" } } };
    const [problem] = one(limitsOnly, limits);
    expect(problem).to.include("m-v1 (1 + 1 surge) × 2 = 4");
  });

  it("rejects a value below the minimum, also for a whole pod, and a request above its limit", () => {
    const small = { resources: { requests: { cpu: "50m" }, limits: { cpu: "1" } } };
    expect(
      one(small, { limitRange: { container: { min: { cpu: "100m" } }, pod: { min: { cpu: "100m" } } } }),
    ).to.deep.equal([
      "models[0].versions[0].resources.requests.cpu: 50m is below 100m, the minimum in namespace.limitRange.container.min.cpu; raise it, or lower the limit range",
    ]);
    expect(one(small, { limitRange: { pod: { max: { cpu: "500m" } } } })).to.include(
      "models[0].versions[0].resources.limits.cpu: 1 is above 500m, the maximum in namespace.limitRange.pod.max.cpu; lower it, or raise the limit range",
    );
    const swapped = { resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } };
    expect(one(swapped, {})).to.deep.equal([
      "models[0].versions[0].resources.requests.memory: 2Gi is above the limit, 1Gi; lower it, or raise models[0].versions[0].resources.limits.memory",
    ]);
  });
});
