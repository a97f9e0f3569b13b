import { expect } from "chai";
import { estimateCost } from "../../config/cost.ts";
import { validateConfig } from "../../config/index.ts";
import { type Settings, stackWith } from "./support.ts";

const cost = (settings: Settings) => estimateCost(validateConfig(stackWith(settings), "test"));
const requests = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });

describe("the cost of a stack", () => {
  it("matches the calculation in the ml-workloads walkthrough: three pods with one CPU each, 100 GB of storage, no GPU", () => {
    const estimate = cost({
      storage: { models: { name: "models-pvc", size: "100Gi" } },
      models: [
        { model: "m", versions: [{ version: "1", name: "model-v1", replicas: 3, resources: requests("1", "1Gi") }] },
      ],
      prices: { memoryGiBHour: 0 },
    });
    expect(estimate).to.deep.equal({
      currency: "USD",
      perMonth: { minimum: 97.6, maximum: 97.6 },
      parts: [
        { name: "model-v1", minimum: 87.6, maximum: 87.6 },
        { name: "models-pvc", minimum: 10, maximum: 10 },
      ],
      jobsPerHour: {},
    });
  });

  it("covers the autoscaler's range, and includes memory", () => {
    const { perMonth } = cost({
      storage: { models: { size: "50Gi" }, data: { size: "100Gi" } },
      models: [
        {
          model: "m",
          versions: [
            { version: "1", resources: requests("500m", "1Gi"), autoscaling: { minReplicas: 2, maxReplicas: 10 } },
          ],
        },
      ],
    });
    // One pod: 0.5 × 0.04 + 1 × 0.005 = 0.025 per hour, 18.25 per month. Storage: 15 per month.
    expect(perMonth).to.deep.equal({ minimum: 51.5, maximum: 197.5 });
  });

  it("gives the hourly cost of Jobs, with all their workers and GPUs, at the stack's own prices", () => {
    const job = { task: "iris", model: "iris", resources: requests("1", "2Gi") };
    const { currency, jobsPerHour } = cost({
      training: {
        jobs: [
          { ...job, name: "workers", workers: 4 },
          { ...job, name: "gpu", gpus: 1 },
        ],
      },
      prices: { currency: "EUR", cpuHour: 0.1, memoryGiBHour: 0.01, gpuHour: 2 },
    });
    expect(currency).to.equal("EUR");
    expect(jobsPerHour).to.deep.equal({ workers: 0.48, gpu: 2.12 });
  });

  it("includes default requests from the limit range", () => {
    const { perMonth } = cost({
      namespace: { name: "ml", limitRange: { container: { defaultRequest: { cpu: "1" }, default: { cpu: "2" } } } },
      models: [{ model: "m", versions: [{ version: "1", resources: {} }] }],
      prices: { storageGiBMonth: 0 },
    });
    expect(perMonth.minimum).to.equal(29.2);
  });
});
