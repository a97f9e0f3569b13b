import { expect } from "chai";
import { inventoryData, isOurs, parseInventory, union } from "../../local/deploy/inventory.ts";
import { inventoryOf } from "../../local/deploy/plan.ts";
import { hasFailed } from "../../local/deploy/readiness.ts";
import { removalWaves } from "../../local/deploy/removal.ts";
import { homeOf } from "../../local/deploy/rendered.ts";
import type { LiveObject } from "../../local/kubectl.ts";
import type { KubernetesObject, RenderedObject } from "../../render/rendered.ts";

const object = (kind: string, name: string, namespace?: string): KubernetesObject => ({
  apiVersion: kind === "Deployment" ? "apps/v1" : "v1",
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
});
const rendered = (item: KubernetesObject): RenderedObject => ({ object: item, ignoreChanges: [], dependsOn: [] });

describe("the inventory of a stack", () => {
  const node: KubernetesObject = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "gpu-0", labels: { accelerator: "nvidia-gpu" } },
    spec: { taints: [{ key: "nvidia.com/gpu", value: "present", effect: "NoSchedule" }] },
  };
  const inventory = inventoryOf(
    [object("Deployment", "d", "a"), object("ConfigMap", "c", "b"), object("Namespace", "a"), node].map(rendered),
  );

  it("is read as it was written, over several namespaces and without one", () => {
    const read = parseInventory(inventoryData(inventory));
    expect(read.objects).to.have.deep.members([
      object("Deployment", "d", "a"),
      object("ConfigMap", "c", "b"),
      object("Namespace", "a"),
    ]);
    expect(read.nodes).to.have.deep.members([
      { node: "gpu-0", setting: "label", key: "accelerator", value: "nvidia-gpu" },
      { node: "gpu-0", setting: "taint", key: "nvidia.com/gpu", value: "present:NoSchedule" },
    ]);
  });

  it("never holds a node itself, which would be deleted with the stack", () => {
    expect(inventory.objects.map(({ kind }) => kind)).to.not.include("Node");
  });

  it("names each object once when an interrupted deployment has left two of them", () => {
    expect(inventoryData(union(inventory, inventory))).to.deep.equal(inventoryData(inventory));
  });

  it("is empty where there is none, and skips lines it does not know", () => {
    expect(parseInventory({})).to.deep.equal({ objects: [], nodes: [] });
    expect(parseInventory({ objects: "v1 ConfigMap", nodes: "gpu-0 colour a b" })).to.deep.equal({
      objects: [],
      nodes: [],
    });
  });

  it("leaves alone what someone else has made anew under the same name", () => {
    const live = (manager: string): LiveObject => ({
      ...object("ConfigMap", "c", "a"),
      metadata: { name: "c", managedFields: [{ manager, operation: "Apply", fieldsV1: {} }] },
    });
    expect(isOurs(live("ml-platform"))).to.equal(true);
    expect(isOurs(live("someone"))).to.equal(false);
  });
});

describe("a Job that is made again", () => {
  it("is one that has failed, not one that runs or has ended well", () => {
    const job = (type: string): LiveObject => ({
      ...object("Job", "j", "ml"),
      status: { conditions: [{ type, status: "True" }] },
    });
    expect(hasFailed(job("Failed"))).to.equal(true);
    expect(hasFailed(job("Complete"))).to.equal(false);
    expect(hasFailed(object("Job", "j", "ml"))).to.equal(false);
    expect(hasFailed(undefined)).to.equal(false);
  });
});

describe("the home of a stack", () => {
  it("is its environment's namespace, whatever others it makes, and the one it uses where it makes none", () => {
    const labelled = { ...object("Namespace", "ml-dev"), metadata: { name: "ml-dev", labels: { environment: "dev" } } };
    expect(homeOf([object("Namespace", "devices"), labelled].map(rendered))).to.equal("ml-dev");
    expect(homeOf([object("Namespace", "devices"), object("ConfigMap", "c", "ml")].map(rendered))).to.equal("ml");
  });
});

describe("the removal of what has left a stack", () => {
  it("takes away what sends requests before the servers", () => {
    const order = removalWaves(["Deployment", "HTTPRoute", "Service", "Ingress"].map((kind) => object(kind, "x", "a")));
    expect(order.map((wave) => wave.map(({ kind }) => kind))).to.deep.equal([
      ["HTTPRoute", "Ingress"],
      ["Deployment", "Service"],
    ]);
  });
});
