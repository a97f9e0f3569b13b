import { expect } from "chai";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { modelStatuses, nodePortsOf } from "../../engine/status/stack-status.ts";

function deployment(version: string, ready = 1): LiveObject {
  const env = [
    { name: "MODEL_NAME", value: "sentiment" },
    { name: "MODEL_VERSION", value: version },
  ];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `m-v${version}`, namespace: "ml" },
    spec: {
      replicas: 2,
      template: { metadata: { labels: { app: "m", version: `v${version}` } }, spec: { containers: [{ env }] } },
    },
    status: { readyReplicas: ready },
  };
}
const service = (version: string): LiveObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: `s-v${version}`, namespace: "ml" },
  spec: { selector: { app: "m", version: `v${version}` } },
});
function route(weights: Record<string, number>): LiveObject {
  const backendRefs = Object.entries(weights).map(([version, weight]) => ({ name: `s-v${version}`, weight }));
  const path = { type: "PathPrefix", value: "/" };
  const rules = [
    { matches: [{ path, headers: [{ name: "X-Model-Version", value: "v2" }] }], backendRefs: [{ name: "s-v2" }] },
    { matches: [{ path }], backendRefs },
  ];
  const spec = { hostnames: ["model.example.com"], rules };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "r", namespace: "ml" },
    spec,
  };
}

describe("status of the models", () => {
  it("combines versions with their share of the requests", () => {
    const [model, ...others] = modelStatuses(
      [deployment("1"), deployment("2", 0)],
      [service("1"), service("2")],
      [route({ 1: 75, 2: 25 })],
    );
    expect(others).to.deep.equal([]);
    expect(model).to.include({ name: "sentiment", path: "/", host: "model.example.com" });
    expect(model?.versions.map(({ version, ready, wanted, weight }) => [version, ready, wanted, weight])).to.deep.equal(
      [
        ["1", 1, 2, 75],
        ["2", 0, 2, 25],
      ],
    );
  });

  it("separates models of the same name in two namespaces", () => {
    const elsewhere = { ...deployment("7"), metadata: { name: "m-v7", namespace: "other" } };
    const models = modelStatuses([deployment("1"), elsewhere], [service("1")], [route({ 1: 1 })]);
    expect(models.map(({ namespace, path, versions }) => [namespace, path, versions.length])).to.deep.equal([
      ["ml", "/", 1],
      ["other", undefined, 1],
    ]);
  });

  it("does not count header rules as a share, and includes models without a route", () => {
    const [model] = modelStatuses([deployment("1"), deployment("2")], [service("1"), service("2")], [route({ 1: 1 })]);
    expect(model?.versions.map(({ weight }) => weight)).to.deep.equal([100, 0]);
    const [alone] = modelStatuses([deployment("1")], [], []);
    expect(alone).to.include({ path: undefined, host: undefined });
  });
});

describe("Services with node ports", () => {
  it("are listed with the port for requests, not the one for metrics", () => {
    const ports = [
      { name: "metrics", port: 9090, nodePort: 31090 },
      { name: "http", port: 80, nodePort: 30080 },
    ];
    const open = { ...service("1"), spec: { type: "NodePort", ports } };
    expect(nodePortsOf([open, service("2")])).to.deep.equal([{ namespace: "ml", service: "s-v1", nodePort: 30080 }]);
  });
});
