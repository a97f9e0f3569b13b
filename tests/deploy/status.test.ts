import { expect } from "chai";
import { modelStatuses } from "../../local/deploy/status.ts";
import { isReady } from "../../local/deploy/wait.ts";
import type { LiveObject } from "../../local/kubectl.ts";

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
  it("joins what runs with the share of the requests that it gets", () => {
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

  it("counts no header rule as a share, and knows models that no route leads to", () => {
    const [model] = modelStatuses([deployment("1"), deployment("2")], [service("1"), service("2")], [route({ 1: 1 })]);
    expect(model?.versions.map(({ weight }) => weight)).to.deep.equal([100, 0]);
    const [alone] = modelStatuses([deployment("1")], [], []);
    expect(alone).to.include({ path: undefined, host: undefined });
  });
});

describe("readiness", () => {
  const running = { observedGeneration: 3, updatedReplicas: 2, availableReplicas: 2, replicas: 2 };
  const live = (status: object) => ({ ...deployment("1"), metadata: { name: "m", generation: 3 }, status });

  it("waits for the present revision, all of its pods, and the end of the old ones", () => {
    expect(isReady(live(running))).to.equal(true);
    expect(isReady(live({ ...running, observedGeneration: 2 }))).to.equal(false);
    expect(isReady(live({ ...running, availableReplicas: 1 }))).to.equal(false);
    expect(isReady(live({ ...running, replicas: 3 }))).to.equal(false);
    expect(isReady(live({}))).to.equal(false);
  });

  it("waits for every completion of a Job", () => {
    const job = (spec: object, status: object): LiveObject => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "j" },
      spec,
      status,
    });
    expect(isReady(job({}, {}))).to.equal(false);
    expect(isReady(job({}, { succeeded: 1 }))).to.equal(true);
    expect(isReady(job({ completions: 4 }, { succeeded: 3 }))).to.equal(false);
  });
});
