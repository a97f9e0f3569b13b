import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import type { LiveObject } from "../../cluster/kubectl.ts";
import { troublesOf } from "../../engine/deploy/trouble.ts";
import { type EngineEvent, EngineProgress, errorsOf, followEvents } from "../../engine/pulumi/events.ts";
import { describeSteps, losesData, namespacesOf, type PreviewStep } from "../../engine/pulumi/preview.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::ml-platform::ml:serving:ModelService$${type}::${name}`;
const step = (op: string, type: string, name: string) => ({
  op,
  type,
  urn: urn(type, name),
  new: { inputs: { metadata: { name: `${name}-in-cluster`, namespace: "ml" } } },
});
const DEPLOYMENT = "kubernetes:apps/v1:Deployment";

describe("the engine's progress", () => {
  it("shows the operation and duration of each object, but no components", () => {
    const reported: string[] = [];
    const logged: string[] = [];
    let now = 0;
    const progress = new EngineProgress(
      (line) => reported.push(line),
      (line) => logged.push(line),
      () => now,
    );
    progress.take({ resourcePreEvent: { metadata: step("create", "ml:serving:ModelService", "iris") } });
    progress.take({ resourcePreEvent: { metadata: step("same", DEPLOYMENT, "other") } });
    progress.take({ resourcePreEvent: { metadata: step("create", DEPLOYMENT, "iris-v1") } });
    expect(progress.inProgress()).to.deep.equal([{ kind: "Deployment", namespace: "ml", name: "iris-v1-in-cluster" }]);
    progress.take({
      diagnosticEvent: {
        urn: urn(DEPLOYMENT, "iris-v1"),
        message: "<{%fg 13%}>[1/2] Waiting for\n pods<{%reset%}>",
        severity: "info",
        ephemeral: true,
      },
    });
    now = 2400;
    progress.take({ resOutputsEvent: { metadata: step("create", DEPLOYMENT, "iris-v1") } });
    progress.take({ resOutputsEvent: { metadata: step("create", "ml:serving:ModelService", "iris") } });
    expect(reported).to.deep.equal([
      "creating Deployment iris-v1-in-cluster",
      "iris-v1-in-cluster: [1/2] Waiting for pods",
    ]);
    expect(logged).to.deep.equal(["created Deployment iris-v1-in-cluster (2.4 s)"]);
    expect(progress.inProgress()).to.deep.equal([]);
  });

  it("names the object of an error", () => {
    const event = (severity: string): EngineEvent => ({
      diagnosticEvent: { urn: urn(DEPLOYMENT, "iris-v1"), message: "<{%reset%}>no such image\n", severity },
    });
    expect(errorsOf(event("error"))).to.deep.equal(["Deployment iris-v1: no such image"]);
    expect(errorsOf(event("warning"))).to.deep.equal([]);
  });

  it("is read while it is being written, in pieces, up to the last line", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "events-"));
    const file = path.join(folder, "log");
    const ended = new AbortController();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const followed = followEvents(file, ended.signal, ({ diagnosticEvent }) => {
      seen.push(diagnosticEvent?.message ?? "");
      first.resolve();
    });
    const line = (message: string) => `${JSON.stringify({ diagnosticEvent: { message, severity: "info" } })}\n`;
    await appendFile(file, `${line("α")}${line("two").slice(0, 10)}`);
    await first.promise;
    await appendFile(file, `${line("two").slice(10)}${line("three")}`);
    ended.abort();
    await followed;
    expect(seen).to.deep.equal(["α", "two", "three"]);
    await rm(folder, { recursive: true });
  });
});

describe("a preview", () => {
  const state = (type: string, name: string) => ({
    custom: true,
    type,
    inputs: { metadata: { name, namespace: "ml" } },
  });
  const steps: PreviewStep[] = [
    { op: "same", urn: urn(DEPLOYMENT, "a"), newState: state(DEPLOYMENT, "a") },
    {
      op: "update",
      urn: urn("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "r"),
      newState: state("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "route"),
      detailedDiff: { "spec.b": { kind: "update" }, "spec.a": { kind: "add" } },
    },
    { op: "create", urn: urn("ml:x:Component", "c"), newState: { type: "ml:x:Component" } },
    {
      op: "delete",
      urn: urn("kubernetes:core/v1:PersistentVolumeClaim", "models"),
      oldState: state("kubernetes:core/v1:PersistentVolumeClaim", "models-pvc"),
    },
    {
      op: "replace",
      urn: urn("kubernetes:core/v1:Namespace", "n"),
      oldState: state("kubernetes:core/v1:Namespace", "old"),
      newState: state("kubernetes:core/v1:Namespace", "n"),
    },
  ];

  it("has one line for each object that changes, with the changed fields of updates", () => {
    expect(describeSteps(steps)).to.deep.equal([
      "~ HTTPRoute route (spec.a, spec.b)",
      "- PersistentVolumeClaim models-pvc",
      "± Namespace n",
    ]);
    expect(namespacesOf(steps)).to.deep.equal(["ml"]);
  });

  it("names objects whose deletion would delete data", () => {
    expect(losesData(steps)).to.deep.equal(["PersistentVolumeClaim models-pvc", "Namespace old"]);
  });
});

describe("a problem reported while the engine waits", () => {
  const part = (kind: string, name: string, owner?: readonly [string, string]): LiveObject => ({
    apiVersion: "v1",
    kind,
    metadata: {
      name,
      namespace: "ml",
      ...(owner === undefined ? {} : { ownerReferences: [{ kind: owner[0], name: owner[1] }] }),
    },
    status: { conditions: [{ type: "PodScheduled", status: "False", message: "no node fits" }] },
  });
  const live = [
    part("Pod", "p", ["ReplicaSet", "r"]),
    part("ReplicaSet", "r", ["Deployment", "d"]),
    part("Deployment", "d"),
    part("Pod", "waits-for-a-gpu", ["Job", "j"]),
    part("Job", "j"),
  ];

  it("concerns the pods that the engine waits for, not other pods", () => {
    const awaited = [{ kind: "Deployment", namespace: "ml", name: "d" }];
    expect([...troublesOf(awaited, live)]).to.deep.equal(["ml Pod p"]);
    expect([...troublesOf([], live)]).to.deep.equal([]);
    expect([...troublesOf([{ kind: "Deployment", namespace: "elsewhere", name: "d" }], live)]).to.deep.equal([]);
  });

  it("is not that a Job waits in a queue, which may take long", () => {
    const awaited = [{ kind: "Job", namespace: "ml", name: "j" }];
    const job = {
      ...part("Job", "j"),
      metadata: { name: "j", namespace: "ml", labels: { "kueue.x-k8s.io/queue-name": "team" } },
    };
    expect([...troublesOf(awaited, [{ ...job, spec: { suspend: true } }])]).to.deep.equal([]);
    const failed = { status: { conditions: [{ type: "Failed", status: "True", message: "too often" }] } };
    expect([...troublesOf(awaited, [{ ...job, spec: { suspend: false }, ...failed }])]).to.deep.equal(["ml Job j"]);
  });
});
