import { expect } from "chai";
import type { Kubectl, LiveObject } from "../../cluster/kubectl.ts";
import { checkNodes, removeTaints } from "../../engine/deploy/nodes.ts";
import type { PreviewStep } from "../../engine/pulumi/preview.ts";

const OURS = { key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" };
const THEIRS = { key: "example.com/reserved", effect: "NoExecute" };

/** A fake cluster that has one node with these taints, and records commands. */
function clusterWith(...taints: readonly object[]) {
  const calls: string[] = [];
  const node: LiveObject = { apiVersion: "v1", kind: "Node", metadata: { name: "gpu-0" }, spec: { taints } };
  const kubectl = {
    get: async () => [node],
    run: async (args: readonly string[]) => {
      calls.push(args.join(" "));
      return "";
    },
  };
  return { kubectl: kubectl as unknown as Kubectl, calls };
}

function step(op: string, node: string, { before, after }: { before?: object[]; after?: object[] }): PreviewStep {
  const state = (taints: object[]) => ({
    custom: true,
    type: "kubernetes:core/v1:NodePatch",
    inputs: { metadata: { name: node }, spec: { taints } },
  });
  return {
    op,
    urn: "urn:pulumi:dev::p::kubernetes:core/v1:NodePatch::gpu",
    ...(before === undefined ? {} : { oldState: state(before) }),
    ...(after === undefined ? {} : { newState: state(after) }),
  };
}

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: Error) => error.message,
  );

describe("changes of a stack to nodes", () => {
  it("are rejected if the node does not exist, which the API server would create", async () => {
    const { kubectl } = clusterWith();
    expect(await messageOf(checkNodes(kubectl, [step("create", "gpu-1", { after: [OURS] })]))).to.equal(
      "there is no node gpu-1, which the stack labels; there is gpu-0: name a node of the cluster, or take it out of the stack file",
    );
  });

  it("are rejected if they would remove taints of other owners, except the cluster's own taints", async () => {
    const create = [step("create", "gpu-0", { after: [OURS] })];
    expect(await messageOf(checkNodes(clusterWith(THEIRS).kubectl, create))).to.match(
      /^node gpu-0 has the taint example\.com\/reserved:NoExecute of others/,
    );
    const unschedulable = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
    expect(await messageOf(checkNodes(clusterWith(unschedulable, OURS).kubectl, create))).to.equal("none");
    const labels = [step("create", "gpu-0", { after: [] })];
    expect(await messageOf(checkNodes(clusterWith(THEIRS).kubectl, labels))).to.equal("none");
  });

  it("are undone when the node leaves the stack, for its own taints only", async () => {
    const { kubectl, calls } = clusterWith(OURS, THEIRS);
    await removeTaints(kubectl, [step("delete", "gpu-0", { before: [OURS] })]);
    expect(calls).to.deep.equal(["taint node gpu-0 nvidia.com/gpu:NoSchedule-"]);
    const again = clusterWith(THEIRS);
    await removeTaints(again.kubectl, [step("delete", "gpu-0", { before: [OURS] })]);
    expect(again.calls).to.deep.equal([]);
  });
});
