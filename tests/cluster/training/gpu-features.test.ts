import { expect } from "chai";
import { valueAt } from "../../../engine/status/fields.ts";
import { type CustomResourceDefinition, publishedCustomKinds } from "../../schemas.ts";
import { type Cluster, devCluster, NAMESPACE, status } from "../support/cluster.ts";
import { addGpuNode, type GpuNode } from "../support/gpu-node.ts";
import { deploy, devStackWith } from "../support/stacks.ts";
import { eventually, gone } from "../support/wait.ts";

const NODE = "gpu-by-features";
const JOBS = ["train-on-slice-1", "train-on-slice-2"];
const RULES = "nodefeaturerules.nfd.k8s-sigs.io";

interface Rule {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[];
}

describe("a GPU node pool by features, with shared GPUs, on the embedded cluster", function () {
  this.timeout(400_000);
  let cluster: Cluster;
  let kinds: readonly CustomResourceDefinition[] = [];
  let node: GpuNode | undefined;
  before(async function () {
    this.timeout(60 * 60_000);
    cluster = await devCluster();
    kinds = (await publishedCustomKinds()).filter(({ metadata }) => metadata.name === RULES);
    await cluster.kubectl.onObjects(["create"], kinds);
    await cluster.kubectl.run(["wait", "--for=condition=Established", `crd/${RULES}`, "--timeout=60s"]);
  });
  after(async () => {
    await deploy();
    for (const job of JOBS) await gone(cluster, "pods", `--namespace=${NAMESPACE}`, `--selector=job-name=${job}`);
    await node?.remove();
    await cluster.kubectl.onObjects(["delete", "--ignore-not-found"], kinds);
  });

  const settings = {
    gpuPool: { nodeFeatures: true, devicePlugin: { timeSlices: 4 } },
    namespace: { quota: { hard: { "requests.nvidia.com/gpu": "2" } } },
    training: {
      jobs: JOBS.map((name) => ({
        ...{ name, task: "half_plus_two", model: "gpu-trained", gpus: 1, skipAwait: true },
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
      })),
    },
  };
  const up = async () => deploy(...(await devStackWith(cluster, settings)));
  const remedies = async () => {
    const { problems } = await status();
    return problems.filter(({ object }) => object.startsWith(`Pod ${JOBS[0]}`)).map(({ remedy }) => remedy);
  };
  const POOL = "it waits for 1 nvidia.com/gpu of the GPU node pool ml-platform/accelerator=nvidia-gpu";
  const says = (state: string) =>
    eventually(`status with "${state}"`, async () =>
      (await remedies()).some((remedy) => remedy.startsWith(`${POOL}, ${state}`)) ? true : undefined,
    );

  it("is a rule for Node Feature Discovery, and status names the pool for which a pod waits", async () => {
    const changes = await up();
    expect(changes.filter((line) => line.startsWith("+ NodeFeatureRule "))).to.have.length(1);
    await says("which has no node: add a node with a free GPU");
    expect(await up()).to.deep.equal([]);
  });

  it("says what its nodes lack, until they have it", async function () {
    // Builds kwok from source on first use.
    this.timeout(30 * 60_000);
    node = await addGpuNode(cluster, NODE, 0, []);
    // What Node Feature Discovery does with the rule on a node that fits.
    const [live] = await cluster.kubectl.get([RULES]);
    const [rule] = (live && valueAt(live, "spec.rules")) as [Rule];
    const labels = Object.entries(rule.labels).map(([name, value]) => `${name}=${value}`);
    await cluster.kubectl.run(["label", "node", NODE, ...labels]);
    const taints = rule.taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`);
    await cluster.kubectl.run(["taint", "node", NODE, ...taints]);
    await says(`whose nodes (${NODE}) offer none: look at the device plugin there`);
    // What NVIDIA's plugin does with its configuration on a node with one GPU.
    const [plugin] = (await cluster.kubectl.get(["configmaps", "--namespace=kube-system"])).filter(({ metadata }) =>
      metadata.name.startsWith("gpu-pool-device-plugin"),
    );
    const config = JSON.parse(String(plugin && Reflect.get(Object(plugin["data"]), "config.yaml")));
    const [{ name, replicas }] = config.sharing.timeSlicing.resources;
    const offered = { [name]: String(replicas) };
    const patch = JSON.stringify({ status: { capacity: offered, allocatable: offered } });
    await cluster.kubectl.run(["patch", "node", NODE, "--subresource=status", "--type=merge", `--patch=${patch}`]);
    await says(`whose nodes (${NODE}) are cordoned: kubectl uncordon one`);
  });

  it("runs both Jobs on slices of the one GPU", async () => {
    await node?.open();
    for (const job of JOBS) {
      await eventually(`end of ${job}`, async () => {
        const [live] = await cluster.kubectl.get(["job", job, `--namespace=${NAMESPACE}`]);
        return live && valueAt(live, "status.succeeded") === 1 ? true : undefined;
      });
      const pods = await cluster.kubectl.get(["pods", `--namespace=${NAMESPACE}`, `--selector=job-name=${job}`]);
      expect(pods.map((pod) => valueAt(pod, "spec.nodeName"))).to.deep.equal([NODE]);
    }
    expect(await remedies()).to.deep.equal([]);
  });

  it("is gone with the stack's setting", async () => {
    expect((await deploy()).filter((line) => line.startsWith("- NodeFeatureRule "))).to.have.length(1);
    expect(await cluster.kubectl.get([RULES])).to.deep.equal([]);
  });
});
