import { expect } from "chai";
import { changedPaths, onlyPaths, owns, withoutPaths } from "../../local/deploy/fields.ts";
import type { KubernetesObject } from "../../render/rendered.ts";

const deployment: KubernetesObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", namespace: "ml", labels: { app: "a" } },
  spec: { replicas: 3, template: { spec: { containers: [{ name: "c", image: "i:1" }] } } },
};

describe("fields of an object", () => {
  it("leaves out what the program only sets once, and nothing else", () => {
    const rest = withoutPaths(deployment, ["spec.replicas"]);
    expect(rest).to.deep.equal({
      ...deployment,
      spec: { template: { spec: { containers: [{ name: "c", image: "i:1" }] } } },
    });
    expect(deployment["spec"]).to.have.property("replicas", 3);
    expect(withoutPaths(deployment, ["spec"])).to.not.have.property("spec");
    expect(withoutPaths(deployment, ["status.phase"])).to.deep.equal(deployment);
  });

  it("keeps only the given paths and what names the object", () => {
    expect(onlyPaths(deployment, ["spec.replicas", "spec.paused"])).to.deep.equal({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "ml" },
      spec: { replicas: 3 },
    });
  });

  it("tells who applied a field from who merely updated it", () => {
    const entry = { manager: "m", operation: "Apply", fieldsV1: { "f:spec": { "f:replicas": {} } } };
    const live = (change: object) => ({
      ...deployment,
      metadata: { ...deployment.metadata, managedFields: [{ ...entry, ...change }] },
    });
    expect(owns(live({}), "m", "spec.replicas")).to.equal(true);
    expect(owns(live({}), "m", "spec.paused")).to.equal(false);
    expect(owns(live({ operation: "Update" }), "m", "spec.replicas")).to.equal(false);
    expect(owns(live({ manager: "other" }), "m", "spec.replicas")).to.equal(false);
    expect(owns(deployment, "m", "spec.replicas")).to.equal(false);
  });

  it("names the paths that differ, and not what the cluster keeps up to date", () => {
    const after = structuredClone(deployment) as Record<string, unknown>;
    Reflect.set(after["spec"] as object, "template", {
      spec: { containers: [{ name: "c", image: "i:2" }, { name: "d" }] },
    });
    const live = {
      ...after,
      status: { replicas: 3 },
      metadata: { ...deployment.metadata, resourceVersion: "7", generation: 2 },
    };
    expect(changedPaths(deployment, live as unknown as KubernetesObject)).to.deep.equal([
      "spec.template.spec.containers[0].image",
      "spec.template.spec.containers[1]",
    ]);
  });
});
