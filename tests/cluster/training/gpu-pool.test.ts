import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type Cluster, devCluster, local, NAMESPACE, status } from "../support/cluster.ts";
import { addGpuNode, type GpuNode } from "../support/gpu-node.ts";
import { deploy, devStackWith } from "../support/stacks.ts";
import { eventually, gone } from "../support/wait.ts";

const NODE = "gpu-0";
const JOB = "train-on-gpu";

describe("the GPU node pool on the embedded cluster", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  let node: GpuNode | undefined;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
  });
  after(async () => {
    await deploy();
    await gone(cluster, "pods", `--namespace=${NAMESPACE}`, `--selector=job-name=${JOB}`);
    await node?.remove();
  });

  const training = {
    jobs: [
      {
        name: JOB,
        task: "half_plus_two",
        model: "gpu-trained",
        gpus: 1,
        skipAwait: true,
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
      },
    ],
  };
  const gpuPool = { nodes: [NODE] };
  const namespace = { quota: { hard: { "requests.nvidia.com/gpu": "1" } } };
  const podsOfJob = () => cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, `--selector=job-name=${JOB}`]);
  const podsOnNode = () => cluster.kubectl.get(["pods", "--all-namespaces", `--field-selector=spec.nodeName=${NODE}`]);

  it("leaves a GPU Job pending if there is no GPU: up succeeds, and status says why and what to do", async () => {
    const changes = await deploy(...(await devStackWith(cluster, { training, namespace })));
    expect(changes).to.include(`+ Job ${JOB}`);
    const problem = await eventually("problem of the GPU Job", async () =>
      (await status()).problems.find(({ object }) => object.startsWith(`Pod ${JOB}`)),
    );
    expect(problem.what).to.match(/^is Pending: 0\/1 nodes are available/);
    expect(problem.remedy).to.match(
      /^it waits for 1 nvidia\.com\/gpu of the GPU node pool accelerator=nvidia-gpu, which has no node/,
    );
  });

  it("rejects a node that does not exist, and does not create it", async () => {
    const { exitCode, stderr } = await local("up", ...(await devStackWith(cluster, { training, namespace, gpuPool })));
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^there is no node gpu-0, which the stack labels; there is ml-node: name a node/);
    expect(await cluster.kubectl.get(["node", NODE])).to.deep.equal([]);
  });

  it("rejects a taint that would replace those of other owners", async function () {
    // Builds kwok from source on first use.
    this.timeout(30 * 60_000);
    node = await addGpuNode(cluster, NODE);
    const { exitCode, stderr } = await local("up", ...(await devStackWith(cluster, { training, namespace, gpuPool })));
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^node gpu-0 has the taint example\.com\/reserved:PreferNoSchedule of others/);
    const [live] = await cluster.kubectl.get(["node", NODE]);
    const taints = (live && valueAt(live, "spec.taints")) as { key: string }[];
    expect(taints.map(({ key }) => key)).to.include("example.com/reserved");
    await cluster.kubectl.run(["taint", "node", NODE, "example.com/reserved-"]);
  });

  it("adds the stack's labels and taint to a node, and keeps the labels of other owners", async () => {
    const changes = await deploy(...(await devStackWith(cluster, { training, namespace, gpuPool })));
    expect(changes).to.include(`+ NodePatch ${NODE}`);
    const [live] = await cluster.kubectl.get(["node", NODE]);
    expect(live?.metadata.labels).to.include({ accelerator: "nvidia-gpu", type: "kwok" });
    const taints = (live && valueAt(live, "spec.taints")) as { key: string }[];
    expect(taints.map(({ key }) => key)).to.include("nvidia.com/gpu");
    expect(await deploy(...(await devStackWith(cluster, { training, namespace, gpuPool })))).to.deep.equal([]);
  });

  it("runs the GPU Job on that node", async () => {
    await node?.open();
    await eventually("end of the GPU Job", async () => {
      const [job] = await cluster.kubectl.get(["job", JOB, `--namespace=${NAMESPACE}`]);
      return job && valueAt(job, "status.succeeded") === 1 ? job : undefined;
    });
    const places = (await podsOfJob()).map((pod) => valueAt(pod, "spec.nodeName"));
    expect(places).to.deep.equal([NODE]);
  });

  it("keeps other pods off the node, whatever its capacity", async () => {
    const intruder = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "intruder", namespace: "default" },
      spec: { nodeSelector: { accelerator: "nvidia-gpu" }, containers: [{ name: "c", image: "localhost/none" }] },
    };
    await cluster.kubectl.onObjects(["create"], [intruder]);
    const refusal = await eventually("word of the scheduler", async () => {
      const [pod] = await cluster.kubectl.get(["pod", "intruder", "--namespace=default"]);
      const conditions = (pod && valueAt(pod, "status.conditions")) as { type: string; message?: string }[] | undefined;
      return conditions?.find(({ type }) => type === "PodScheduled")?.message;
    });
    await cluster.kubectl.run(["delete", "pod", "intruder", "--namespace=default", "--wait=false"]);
    expect(refusal).to.match(/untolerated taint/);
    // Restarted servers could be scheduled to the node.
    const server = ["deployment/model-v1", `--namespace=${NAMESPACE}`];
    await cluster.kubectl.run(["rollout", "restart", ...server]);
    await cluster.kubectl.run(["rollout", "status", ...server, "--timeout=300s"]);
    const names = (await podsOnNode()).map(({ metadata }) => metadata.name);
    for (const name of names) expect(name).to.match(/^(train-on-gpu|nvidia-device-plugin)-/);
    expect(names.some((name) => name.startsWith(JOB))).to.equal(true);
  });

  it("reports metrics of the real node only", async () => {
    const { items } = JSON.parse(await cluster.kubectl.run(["get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes"]));
    expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).to.deep.equal(["ml-node"]);
  });

  it("removes its labels and taint when the pool is removed, and keeps the node", async () => {
    const changes = await deploy();
    expect(changes).to.include(`- NodePatch ${NODE}`);
    const [live] = await cluster.kubectl.get(["node", NODE]);
    expect(live?.metadata.labels).to.not.have.property("accelerator");
    expect(live?.metadata.labels).to.include({ type: "kwok" });
    const taints = ((live && valueAt(live, "spec.taints")) ?? []) as { key: string }[];
    expect(taints.map(({ key }) => key)).to.not.include("nvidia.com/gpu");
  });
});
