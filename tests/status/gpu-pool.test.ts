import { expect } from "chai";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { findProblems } from "../../engine/status/problems.ts";

const labels = { accelerator: "nvidia-gpu" };

function pod(limits: Readonly<Record<string, string>>, nodeSelector: object | undefined = labels): LiveObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "x", namespace: "ml" },
    spec: { nodeSelector, containers: [{ name: "c", resources: { limits } }] },
    status: {
      conditions: [
        { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/2 nodes are available: …" },
      ],
    },
  };
}

function node(name: string, allocatable: object, more: { labels?: object; unschedulable?: boolean } = {}): LiveObject {
  const own = more.labels ?? labels;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { ...own } },
    spec: { unschedulable: more.unschedulable },
    status: { allocatable },
  };
}

const remedy = (waiting: LiveObject, ...nodes: LiveObject[]) =>
  findProblems([waiting], [waiting, ...nodes]).map((problem) => problem.remedy);

const GPU = { "nvidia.com/gpu": "1" };
const POOL = "it waits for 1 nvidia.com/gpu of the GPU node pool accelerator=nvidia-gpu";
const ADD = "add a node with a free GPU, labeled and tainted as gpuPool of the stack file says, or wait for one";

describe("a pod that waits for a GPU", () => {
  it("says which resource of which pool, also where the nodes are not known", () => {
    const [problem] = findProblems([pod(GPU)]);
    expect(problem).to.include({ what: "is Pending: 0/2 nodes are available: …", remedy: `${POOL}: ${ADD}` });
    expect(remedy(pod({ "nvidia.com/mig-1g.5gb": "2" }))).to.deep.equal([
      `it waits for 2 nvidia.com/mig-1g.5gb of the GPU node pool accelerator=nvidia-gpu: ${ADD}`,
    ]);
    expect(remedy(pod({ "amd.com/gpu": "1" }, {}))).to.deep.equal([`it waits for 1 amd.com/gpu of any node: ${ADD}`]);
  });

  it("says what the nodes of the pool lack", () => {
    const plain = node("cpu-1", { cpu: "4" }, { labels: {} });
    expect(remedy(pod(GPU), plain)).to.deep.equal([`${POOL}, which has no node: ${ADD}`]);
    expect(remedy(pod(GPU), plain, node("gpu-1", { cpu: "4" }))).to.deep.equal([
      `${POOL}, whose nodes (gpu-1) offer none: look at the device plugin there, and at the driver`,
    ]);
    expect(remedy(pod(GPU), node("gpu-1", GPU, { unschedulable: true }))).to.deep.equal([
      `${POOL}, whose nodes (gpu-1) are cordoned: kubectl uncordon one`,
    ]);
    expect(remedy(pod(GPU), node("gpu-1", GPU), node("gpu-2", { "nvidia.com/gpu": "0" }))).to.deep.equal([
      `${POOL}, whose nodes (gpu-1) have none free, or do not fit the pod otherwise: ${ADD}`,
    ]);
    expect(remedy(pod({ "nvidia.com/gpu": "4" }), node("gpu-1", { "nvidia.com/gpu": "2" }))).to.deep.equal([
      "it waits for 4 nvidia.com/gpu of the GPU node pool accelerator=nvidia-gpu, whose nodes have 2 at most: request fewer, or add a larger node",
    ]);
  });

  it("is another matter for a pod without GPUs", () => {
    expect(remedy(pod({ cpu: "1" }))).to.deep.equal(["see kubectl describe pod"]);
  });
});
