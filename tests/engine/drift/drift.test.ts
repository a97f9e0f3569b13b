import { expect } from "chai";
import { driftOf } from "../../../engine/drift/drift.ts";
import type { StackObject } from "../../../engine/drift/refresh.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";
import {
  byPulumi,
  containerFields,
  deployment,
  found,
  live,
  managed,
  onlyField,
  pulumis,
  stackObject,
} from "./support.ts";

describe("drift of an object", () => {
  it("is none if the cluster matches the program", () => {
    expect(driftOf(stackObject(deployment()), live(deployment(), pulumis))).to.equal(undefined);
  });

  it("names a changed image by its container, with who changed it and when", () => {
    const edited = live(
      deployment({ image: "models:2" }),
      pulumis,
      managed("kubectl-edit", containerFields({ "f:image": {} }), { time: "2026-02-01T12:00:00Z" }),
    );
    expect(found(stackObject(deployment()), edited)).to.deep.equal({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace: "ml",
      name: "iris",
      state: "changed",
      up: "restore",
      fields: [
        {
          path: "spec.template.spec.containers[name=server].image",
          program: "models:1",
          cluster: "models:2",
          by: { manager: "kubectl-edit", time: "2026-02-01T12:00:00Z" },
          up: "restore",
        },
      ],
      additions: [],
    });
  });

  it("is none after kubectl rollout restart", () => {
    const annotations = { "kubectl.kubernetes.io/restartedAt": "2026-02-01T12:00:00Z", "example.com/note": "a" };
    const noted = (names: readonly string[]) => {
      const object = deployment();
      const fields = Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
      Object.assign(object.spec.template, { metadata: { annotations } });
      const path = { "f:spec": { "f:template": { "f:metadata": { "f:annotations": fields } } } };
      return driftOf(stackObject(deployment()), live(object, pulumis, managed("kubectl-rollout", path)));
    };
    expect(noted(Object.keys(annotations).slice(0, 1))).to.equal(undefined);
    expect(noted(Object.keys(annotations))?.additions.map(({ path }) => path)).to.deep.equal([
      'spec.template.metadata.annotations["example.com/note"]',
    ]);
  });

  it("finds a container by its name even if another one was inserted, which counts as an addition", () => {
    const [server] = deployment().spec.template.spec.containers;
    const sidecar = { name: "proxy", image: "proxy:1" };
    const object = deployment({ extra: { containers: [sidecar, server] } });
    const trees = { 'k:{"name":"proxy"}': { ".": {}, "f:name": {}, "f:image": {} } };
    const containers = { "f:spec": { "f:template": { "f:spec": { "f:containers": trees } } } };
    const drift = found(stackObject(deployment()), live(object, pulumis, managed("kubectl-edit", containers)));
    expect(drift).to.include({ state: "extended", up: "leave" });
    expect(drift.fields).to.deep.equal([]);
    expect(drift.additions).to.deep.equal([
      {
        path: "spec.template.spec.containers[name=proxy]",
        cluster: sidecar,
        by: { manager: "kubectl-edit", time: "2026-02-01T10:00:00Z" },
        up: "leave",
      },
    ]);
  });

  it("says that an update of the object removes fields added by kubectl, and keeps fields added by others", () => {
    const additions = (image: string, manager: string, more: Partial<StackObject> = {}) => {
      const edited = live(
        deployment({ image, labels: { team: "a" } }),
        pulumis,
        managed("kubectl-edit", containerFields({ "f:image": {} })),
        managed(manager, { "f:metadata": { "f:labels": { "f:team": {} } } }),
      );
      return found(stackObject(deployment(), more), edited).additions.map(({ path, up }) => [path, up]);
    };
    const changes = { "spec.selector": { kind: "update-replace" } };
    const urn = "urn:pulumi:dev::ml-platform::kubernetes:apps/v1:DeploymentPatch::iris";
    expect(additions("models:2", "kubectl-label")).to.deep.equal([["metadata.labels.team", "remove"]]);
    expect(additions("models:2", "kubectl")).to.deep.equal([["metadata.labels.team", "remove"]]);
    expect(additions("models:2", "console")).to.deep.equal([["metadata.labels.team", "leave"]]);
    expect(additions("models:2", "console", { changes })).to.deep.equal([["metadata.labels.team", "remove"]]);
    expect(additions("models:2", "kubectl-label", { urn })).to.deep.equal([["metadata.labels.team", "leave"]]);
    expect(additions("models:1", "kubectl-label")).to.deep.equal([["metadata.labels.team", "leave"]]);
  });

  it("names an item that was removed from a list, with an unknown writer", () => {
    const object = stackObject(deployment({ extra: { volumes: [{ name: "a" }, { name: "b", emptyDir: {} }] } }));
    const volumes = { "f:volumes": { 'k:{"name":"a"}': {} } };
    const cluster = live(
      deployment({ extra: { volumes: [{ name: "a" }] } }),
      pulumis,
      byPulumi({ "f:spec": { "f:template": { "f:spec": volumes } } }),
      managed("kubectl-edit", { "f:metadata": { "f:labels": { "f:app": {} } } }),
    );
    expect(onlyField(object, cluster)).to.deep.equal({
      path: "spec.template.spec.volumes[name=b]",
      program: { name: "b", emptyDir: {} },
      up: "restore",
    });
  });

  it("distinguishes changed or removed labels of the program from added ones", () => {
    const object = stackObject(deployment({ labels: { tier: "a", zone: "x" } }));
    const labels = { "f:metadata": { "f:labels": { "f:tier": {}, "f:team.example.com/owner": {} } } };
    const cluster = live(
      deployment({ labels: { tier: "b", "team.example.com/owner": "me" } }),
      pulumis,
      managed("kubectl-label", labels),
    );
    const { fields, additions } = found(object, cluster);
    expect(fields.map(({ path, cluster, by }) => [path, cluster, by?.manager])).to.deep.equal([
      ["metadata.labels.tier", "b", "kubectl-label"],
      ["metadata.labels.zone", undefined, undefined],
    ]);
    expect(additions.map(({ path, cluster }) => [path, cluster])).to.deep.equal([
      ['metadata.labels["team.example.com/owner"]', "me"],
    ]);
  });

  it("names the last writer of an addition", () => {
    const team = { "f:metadata": { "f:labels": { "f:team": {} } } };
    const cluster = live(
      deployment({ labels: { team: "a" } }),
      pulumis,
      managed("kubectl-label", team, { time: "2026-02-02T10:00:00Z" }),
      managed("kubectl-edit", team),
    );
    const { additions } = found(stackObject(deployment()), cluster);
    expect(additions.map(({ by }) => by?.manager)).to.deep.equal(["kubectl-label"]);
  });

  it("ignores additions by controllers, and the status", () => {
    const revision = { "f:metadata": { "f:annotations": { ".": {}, "f:deployment.kubernetes.io/revision": {} } } };
    const annotated = deployment();
    const object = {
      ...annotated,
      metadata: { ...annotated.metadata, annotations: { "deployment.kubernetes.io/revision": "3" } },
      status: { replicas: 2 },
    };
    const cluster = live(
      object,
      pulumis,
      managed("kube-controller-manager", { ...revision, "f:status": { "f:replicas": {} } }),
      managed("kubectl", { "f:status": { "f:replicas": {} } }, { subresource: "status" }),
    );
    expect(driftOf(stackObject(deployment()), cluster)).to.equal(undefined);
  });

  it("ignores replicas under an autoscaler, and reports them without one", () => {
    const scaled = live(
      deployment({ replicas: 5 }),
      pulumis,
      managed("kubectl", { "f:spec": { "f:replicas": {} } }, { subresource: "scale" }),
    );
    const autoscaled = stackObject(deployment(), { ignored: ["spec.replicas"] });
    expect(driftOf(autoscaled, scaled)).to.equal(undefined);
    expect(onlyField(stackObject(deployment()), scaled)).to.deep.include({
      path: "spec.replicas",
      program: 2,
      cluster: 5,
      by: { manager: "kubectl", time: "2026-02-01T10:00:00Z" },
    });
  });

  it("is a deletion if the object is missing in the cluster", () => {
    expect(driftOf(stackObject(deployment(), { deleted: true }), undefined)).to.deep.include({
      name: "iris",
      state: "deleted",
      up: "recreate",
      fields: [],
    });
  });

  it("says that up recreates an object that the engine can only replace", () => {
    const map = (data: object) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data });
    const object = stackObject(map({ level: "info" }), { changes: { "data.level": { kind: "update-replace" } } });
    const cluster = live(map({ level: "debug" }), managed("kubectl-edit", { "f:data": { "f:level": {} } }));
    expect(found(object, cluster)).to.include({ state: "changed", up: "recreate" });
  });
});

describe("a difference that is not drift", () => {
  /** Whether an object in the cluster has no drift. */
  const isSame = (program: KubernetesObject, cluster: KubernetesObject, more: Partial<StackObject> = {}) =>
    driftOf(stackObject(program, { recorded: {}, ...more }), live(cluster, pulumis)) === undefined;

  it("is a default of the API server", () => {
    const cluster = { ...deployment({ extra: { dnsPolicy: "ClusterFirst" } }) };
    expect(isSame(deployment(), cluster)).to.equal(true);
  });

  it("is another spelling of the same quantity, but not another quantity, or text that looks like one", () => {
    const cpu = (limit: string, request: string) =>
      deployment({ resources: { limits: { cpu: limit }, requests: { cpu: request, memory: "1024Mi" } } });
    expect(isSame(cpu("1000m", "0.5"), cpu("1", "500m"))).to.equal(true);
    expect(isSame(cpu("1000m", "0.5"), cpu("1", "501m"))).to.equal(false);
    for (const name of ["version", "storage"]) {
      const labelled = (value: string) => deployment({ labels: { [name]: value } });
      expect(isSame(labelled("1.0"), labelled("1")), name).to.equal(false);
    }
  });

  it("is a missing empty map or list, or a value that the cluster never stored", () => {
    const extra = (fields: object) => deployment({ extra: fields });
    const empty = extra({ securityContext: {}, tolerations: [], affinity: null });
    expect(isSame(empty, extra({}))).to.equal(true);
    expect(isSame(empty, extra({}), { recorded: empty })).to.equal(true);
    expect(isSame(extra({ securityContext: { runAsNonRoot: true } }), extra({}))).to.equal(true);
    const recorded = extra({ securityContext: { runAsNonRoot: true } });
    expect(isSame(recorded, extra({}), { recorded })).to.equal(false);
  });
});

describe("drift of an atomic list", () => {
  const route = (weights: readonly number[], defaults: object = {}) => ({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "iris", namespace: "ml" },
    spec: {
      rules: [{ backendRefs: weights.map((weight, index) => ({ name: `v${index + 1}`, weight, ...defaults })) }],
    },
  });
  const rules = { "f:spec": { "f:rules": {} } };
  const program = stackObject(route([75, 25]), { recorded: route([75, 25], { group: "", kind: "Service" }) });
  const edited = (object: KubernetesObject) => live(object, byPulumi({}), managed("kubectl-edit", rules));

  it("names weights by their index, and ignores defaults", () => {
    const { fields, additions } = found(program, edited(route([50, 50], { group: "", kind: "Service" })));
    expect(fields.map(({ path, program, cluster, by }) => [path, program, cluster, by?.manager])).to.deep.equal([
      ["spec.rules[0].backendRefs[0].weight", 75, 50, "kubectl-edit"],
      ["spec.rules[0].backendRefs[1].weight", 25, 50, "kubectl-edit"],
    ]);
    expect(additions).to.deep.equal([]);
  });

  it("includes added items, which up removes only together with another change", () => {
    const more = route([75, 25, 10], { group: "", kind: "Service" });
    expect(onlyField(program, edited(more))).to.deep.include({
      path: "spec.rules[0].backendRefs[2]",
      cluster: { name: "v3", weight: 10, group: "", kind: "Service" },
      up: "leave",
    });
    const both = found(program, edited(route([70, 25, 10], { group: "", kind: "Service" })));
    expect(both.fields.map(({ up }) => up)).to.deep.equal(["restore", "restore"]);
  });

  it("does not include items added by a controller", () => {
    const node = (taints: readonly object[]) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "gpu-0" },
      spec: { taints },
    });
    const own = { key: "gpu", effect: "NoSchedule" };
    const pressure = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };
    const cluster = live(
      node([own, pressure]),
      byPulumi({ "f:spec": { "f:taints": {} } }),
      managed("kube-controller-manager", { "f:spec": { "f:taints": {} } }),
    );
    expect(driftOf(stackObject(node([own])), cluster)).to.equal(undefined);
  });
});
