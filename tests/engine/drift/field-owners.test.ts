import { expect } from "chai";
import { isController, listTypeAt, writerOf } from "../../../engine/drift/field-owners.ts";
import { parsePath, pathText } from "../../../engine/drift/path.ts";
import { byPulumi, live, managed } from "./support.ts";

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", finalizers: ["x", "y"], labels: { a: "1" } },
  spec: {
    containers: [
      { name: "proxy", image: "p" },
      { name: "server", image: "s", args: ["--a"], ports: [{ containerPort: 80, protocol: "TCP" }] },
    ],
  },
};
const server = (fields: object) => ({ "f:spec": { "f:containers": { 'k:{"name":"server"}': fields } } });

/** The writer of the field at a path. */
const writer = (path: string, ...managers: readonly object[]) => writerOf(live(pod, ...managers), parsePath(path));

describe("the writer of a field", () => {
  it("is the last writer other than Pulumi", () => {
    const image = server({ ".": {}, "f:image": {} });
    const at = (time: string) => ({ time: `2026-02-0${time}T10:00:00Z` });
    const writers = [
      managed("kubectl-set", image, at("2")),
      managed("kubectl-edit", image, at("3")),
      managed("kubectl-patch", image, at("1")),
      managed("pulumi-kubernetes-00000000", image, at("9")),
    ];
    expect(writer("spec.containers[1].image", ...writers)).to.deep.equal({
      manager: "kubectl-edit",
      time: "2026-02-03T10:00:00Z",
    });
    expect(writer("spec.containers[0].image", ...writers)).to.equal(undefined);
    expect(writer("spec.containers[1].image", byPulumi(image))).to.equal(undefined);
  });

  it("is the owner of the whole list or map if its parts have no owner", () => {
    const args = managed("kubectl-edit", server({ "f:args": {} }));
    expect(writer("spec.containers[1].args[0]", args)?.manager).to.equal("kubectl-edit");
    // Owning a map does not mean owning its entries.
    const labels = managed("kubectl-edit", { "f:metadata": { "f:labels": { ".": {} } } });
    expect(writer("metadata.labels.a", labels)).to.equal(undefined);
  });

  it("is found by the keys and values of list items", () => {
    const port = managed(
      "a",
      server({ "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': { "f:protocol": {} } } }),
    );
    expect(writer("spec.containers[1].ports[0].protocol", port)?.manager).to.equal("a");
    const finalizer = managed("b", { "f:metadata": { "f:finalizers": { 'v:"y"': {} } } });
    expect(writer("metadata.finalizers[1]", finalizer)?.manager).to.equal("b");
    expect(writer("metadata.finalizers[0]", finalizer)).to.equal(undefined);
  });

  it("is unknown without managed fields, and has no time if the entry has none", () => {
    expect(writer("spec.containers[1].image")).to.equal(undefined);
    const { time: _, ...entry } = managed("old", server({ "f:image": {} }));
    expect(writer("spec.containers[1].image", entry)).to.deep.equal({ manager: "old" });
  });

  it("is classified by name as a controller or a person's tool", () => {
    const names = [
      "kube-controller-manager",
      "kubelet",
      "traefik",
      "vpa-recommender-operator",
      "cluster-autoscaler",
      "kueue",
    ];
    for (const manager of names) expect(isController({ manager }), manager).to.equal(true);
    for (const manager of ["kubectl", "kubectl-edit", "kubectl-client-side-apply", "k9s", "helm", "node-fetch"]) {
      expect(isController({ manager }), manager).to.equal(false);
    }
  });
});

describe("a list in the cluster", () => {
  it("is identified by the keys or values that its owners name, otherwise atomic", () => {
    const object = live(
      pod,
      byPulumi(server({ "f:ports": { 'k:{"containerPort":80,"protocol":"TCP"}': {} }, "f:args": {} })),
      managed("x", { "f:metadata": { "f:finalizers": { 'v:"x"': {} } } }),
    );
    const typeAt = (path: string) => listTypeAt(object, parsePath(path));
    expect(typeAt("spec.containers")).to.deep.equal(["name"]);
    expect(typeAt("spec.containers[1].ports")).to.deep.equal(["containerPort", "protocol"]);
    expect(typeAt("spec.containers[1].args")).to.equal("atomic");
    expect(typeAt("metadata.finalizers")).to.equal("set");
  });
});

describe("a path", () => {
  it("is written in the engine's format", () => {
    for (const text of ["spec.rules[1].backendRefs[0].weight", 'metadata.annotations["a.b/c"]', 'data["tls.crt"]']) {
      expect(pathText(parsePath(text))).to.equal(text);
    }
  });
});
