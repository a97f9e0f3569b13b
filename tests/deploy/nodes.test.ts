import { expect } from "chai";
import { compareNodes, describeNodes, nodeSettings } from "../../local/deploy/nodes.ts";
import { UserError } from "../../local/errors.ts";
import type { LiveObject } from "../../local/kubectl.ts";

const node = (spec: object, labels: Record<string, string> = {}): LiveObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "gpu-0", labels },
  spec,
});
const patch = node(
  { taints: [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }] },
  { accelerator: "nvidia-gpu" },
);
const wanted = nodeSettings(patch);

describe("labels and taints that a stack puts on nodes", () => {
  it("are added where they are missing, whatever else the node has", () => {
    const taints = [{ key: "fake", value: "node", effect: "NoSchedule" }];
    const plan = compareNodes([node({ taints }, { "kubernetes.io/os": "linux" })], wanted, []);
    expect(describeNodes(plan)).to.deep.equal([
      "~ Node gpu-0 (label accelerator=nvidia-gpu)",
      "~ Node gpu-0 (taint nvidia.com/gpu=present:NoSchedule)",
    ]);
  });

  it("change nothing where the node has them", () => {
    expect(compareNodes([patch], wanted, wanted)).to.deep.equal({ add: [], remove: [] });
  });

  it("are corrected where someone has changed them", () => {
    const spec = { taints: [{ key: "nvidia.com/gpu", value: "absent", effect: "NoSchedule" }] };
    const plan = compareNodes([node(spec, { accelerator: "other" })], wanted, wanted);
    expect(plan.add).to.deep.equal(wanted);
    expect(plan.remove).to.deep.equal([]);
  });

  it("are taken away once they leave the stack, and only where they are still as it set them", () => {
    expect(compareNodes([patch], [], wanted).remove).to.deep.equal(wanted);
    const changed = node({ taints: patch["spec"] && [] }, { accelerator: "someone-else" });
    expect(compareNodes([changed], [], wanted).remove).to.deep.equal([]);
    expect(compareNodes([], [], wanted)).to.deep.equal({ add: [], remove: [] });
  });

  it("are refused for a node that is not there, which would be made by it", () => {
    const refused = () => compareNodes([{ ...patch, metadata: { name: "cpu-0" } }], wanted, []);
    expect(refused).to.throw(UserError, "there is no node gpu-0, which the stack labels; there is cpu-0");
  });

  it("are all that can be set on a node", () => {
    expect(() => nodeSettings(node({ unschedulable: true }))).to.throw(UserError, "spec.unschedulable cannot be set");
  });
});
