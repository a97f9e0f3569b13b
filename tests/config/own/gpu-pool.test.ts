import { expect } from "chai";
import { estimateCost } from "../../../config/cost.ts";
import { validateConfig } from "../../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "../support.ts";

const pool = (gpuPool: Settings) => problemsOf({ gpuPool }).map((line) => line.replace("gpuPool.", ""));

/** A version and a Job with GPUs, as a stack resolves them. */
function resolved(gpuPool: Settings | undefined, more: Settings = {}) {
  const settings = {
    ...(gpuPool === undefined ? {} : { gpuPool }),
    models: [{ model: "llm", versions: [{ version: "1", image: "team/llm:1", gpus: 1, ...more }] }],
    training: { jobs: [{ name: "t", image: "team/t:1", gpus: 1, ...more }] },
  };
  const stack = validateConfig(stackWith(settings), "test");
  return { version: stack.models[0]?.versions[0], job: stack.training.jobs[0], stack };
}

describe("the GPU node pool of a stack", () => {
  it("decides which resource, which nodes and which runtime pods with GPUs have", () => {
    const { version, job } = resolved({ resource: "amd.com/gpu", runtimeClassName: "amd" });
    expect(version?.resources.limits).to.include({ "amd.com/gpu": "1" }).and.not.to.have.property("nvidia.com/gpu");
    expect(version?.scheduling).to.deep.include({ nodeSelector: { accelerator: "amd-gpu" } });
    expect(version?.runtimeClassName).to.equal("amd");
    expect(job?.resources.requests).to.include({ "amd.com/gpu": "1" });
    expect(job).to.deep.include({
      runtimeClassName: "amd",
      tolerations: [{ key: "amd.com/gpu", operator: "Exists", effect: "NoSchedule" }],
    });
  });

  it("is NVIDIA's by default, and a workload may request another resource", () => {
    expect(resolved(undefined).version?.resources.limits).to.include({ "nvidia.com/gpu": "1" });
    const { version } = resolved(undefined, { gpuResource: "nvidia.com/mig-2g.10gb" });
    expect(version?.resources.limits)
      .to.include({ "nvidia.com/mig-2g.10gb": "1" })
      .and.not.to.have.property("nvidia.com/gpu");
  });

  it("has slices and turns that cost their part of a GPU", () => {
    const perHour = (gpuPool: Settings | undefined, more: Settings) => {
      const resources = { requests: { cpu: "0", memory: "0" }, limits: { cpu: "1", memory: "1Gi" } };
      return estimateCost(resolved(gpuPool, { resources, ...more }).stack).jobsPerHour["t"];
    };
    expect(perHour(undefined, {})).to.equal(0.35);
    expect(perHour(undefined, { gpuResource: "nvidia.com/mig-2g.10gb" })).to.equal(0.1);
    expect(perHour({ devicePlugin: { timeSlices: 5 } }, {})).to.equal(0.07);
  });

  it("takes its nodes by name or by their features, with labels and a taint that Node Feature Discovery sets", () => {
    expect(pool({ nodeFeatures: true })).to.deep.equal([]);
    const feature = { feature: "system.name", matchExpressions: { nodename: { op: "InRegexp", value: ["^gpu-"] } } };
    expect(pool({ nodeFeatures: [feature], labels: { "example.com/gpu": "t4" } })).to.deep.equal([]);
    expect(
      pool({
        nodeFeatures: true,
        nodes: ["gpu-1"],
        labels: { accelerator: "a", "kubernetes.io/gpu": "b", "feature.node.kubernetes.io/gpu": "c" },
        taint: { key: "gpu" },
      }),
    ).to.deep.equal([
      "nodes: names the nodes that nodeFeatures finds; leave one of them out",
      "labels.accelerator: has no domain, without which Node Feature Discovery sets none; write example.com/accelerator",
      "labels.kubernetes.io/gpu: is in a domain of Kubernetes, in which Node Feature Discovery sets none; take a domain of your own",
      "taint.key: has no domain, without which Node Feature Discovery sets none; write example.com/gpu",
    ]);
    const wrong = {
      feature: "pci.device",
      matchExpressions: { vendor: { op: "In" }, class: { op: "Exists", value: ["a"] } },
    };
    expect(pool({ nodeFeatures: [wrong] })).to.deep.equal([
      "nodeFeatures[0].matchExpressions.vendor.value: is needed by In, NotIn, InRegexp, Gt, Lt and GtLt, and by no other op",
      "nodeFeatures[0].matchExpressions.class.value: is needed by In, NotIn, InRegexp, Gt, Lt and GtLt, and by no other op",
    ]);
  });

  it("has a device plugin with settings that it reads", () => {
    const plugin = (devicePlugin: Settings | false, resource?: string) =>
      pool({ devicePlugin, ...(resource === undefined ? {} : { resource }) });
    expect(plugin({ timeSlices: 4, migStrategy: "mixed", config: { version: "v1", flags: {} } })).to.deep.equal([]);
    expect(plugin({ timeSlices: 1 })).to.deep.equal([
      "devicePlugin.timeSlices: must be 2 or more; leave it out for GPUs that are not shared",
    ]);
    expect(plugin({ timeSlices: 2 }, "amd.com/gpu")).to.deep.equal([
      "devicePlugin.timeSlices: is for NVIDIA's plugin; AMD's has no such setting",
    ]);
    expect(plugin({}, "gpu.intel.com/i915")).to.deep.equal([
      "devicePlugin: is for nvidia.com/gpu and amd.com/gpu; install that of gpu.intel.com/i915 yourself, and set false",
    ]);
    expect(plugin(false, "gpu.intel.com/i915")).to.deep.equal([]);
    expect(plugin({}, "nvidia.com/mig-1g.5gb")).to.deep.equal([
      "devicePlugin.migStrategy: must be mixed: only then does the plugin offer nvidia.com/mig-1g.5gb",
    ]);
    const config = { version: "v2", sharing: { timeSlicing: { resources: [] } }, flags: { migStrategy: "none" } };
    expect(plugin({ timeSlices: 2, migStrategy: "single", config })).to.deep.equal([
      "devicePlugin.timeSlices: is also in config; keep one",
      "devicePlugin.migStrategy: is also in config; keep one",
      "devicePlugin.config: is of another version; the plugin reads v1",
    ]);
  });

  it("gives a pod one turn of a shared GPU only", () => {
    const models = [{ model: "llm", versions: [{ version: "1", image: "team/llm:1", gpus: 2 }] }];
    expect(problemsOf({ models, gpuPool: { devicePlugin: { timeSlices: 4 } } })).to.deep.equal([
      "models[0].versions[0].gpus: is 2, and gpuPool.devicePlugin.timeSlices makes them turns on the same GPU; take 1",
    ]);
  });

  it("has names of resources that device plugins have, and workloads that count their GPUs once", () => {
    const version = (settings: Settings) =>
      problemsOf({ models: [{ model: "m", versions: [{ version: "1", ...settings }] }] });
    expect(pool({ resource: "gpu" })[0]).to.match(/^resource: must be the resource of a device plugin/);
    expect(version({ gpuResource: "amd.com/gpu" })).to.deep.equal([
      "models[0].versions[0].gpuResource: needs gpus, the number of them",
    ]);
    expect(version({ gpus: 1, resources: { limits: { "nvidia.com/mig-1g.5gb": "1" } } })).to.deep.equal([
      "models[0].versions[0].resources.limits.nvidia.com/mig-1g.5gb: is decided by gpus; leave one of them out",
    ]);
  });
});
