import { expect } from "chai";
import type { LiveObject } from "../../../cluster/kubectl.ts";
import { isPartOf } from "../../../rollout/live/actor.ts";
import { liveVersion } from "../../../rollout/live/versions.ts";

const meta = (name: string, labels: Readonly<Record<string, string>> = {}) => ({ name, namespace: "ml", labels });

function versionObjects(
  version: string,
  replicas: number,
  pods: readonly { ready: boolean; restarts: number }[],
): LiveObject[] {
  const labels = { app: "iris", version: `v${version}` };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: meta(`iris-v${version}`),
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels: { ...labels, more: "x" } } },
      },
    },
    { apiVersion: "v1", kind: "Service", metadata: meta(`svc-v${version}`), spec: { selector: labels } },
    { apiVersion: "v1", kind: "Service", metadata: meta("all"), spec: { selector: { app: "iris" } } },
    ...pods.map(({ ready, restarts }, index) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: meta(`iris-v${version}-${index}`, labels),
      status: {
        conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
        containerStatuses: [
          {
            name: "model-server",
            restartCount: restarts,
            state: ready ? {} : { waiting: { reason: "CrashLoopBackOff" } },
            lastState: ready ? {} : { terminated: { exitCode: 3 } },
          },
        ],
      },
    })),
  ] as LiveObject[];
}

const ROUTE = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: meta("iris"),
  spec: {
    rules: [
      {
        matches: [{ path: { value: "/iris" } }],
        backendRefs: [
          { name: "svc-v1", weight: 90 },
          { name: "svc-v2", weight: 10 },
        ],
      },
    ],
  },
} as LiveObject;

describe("the live state of a version", () => {
  const ok = { ready: true, restarts: 0 };
  const objects = [
    ...versionObjects("1", 3, [ok, ok, { ready: true, restarts: 1 }]),
    ...versionObjects("2", 2, [ok, { ready: false, restarts: 4 }]),
    ROUTE,
  ];

  it("is its share of the route, its pods and what keeps them from being ready", () => {
    expect(liveVersion(objects, { app: "iris", version: "v1" })).to.deep.equal({
      weight: 90,
      service: "svc-v1",
      health: { pods: 3, ready: 3, restarts: 1 },
    });
    expect(liveVersion(objects, { app: "iris", version: "v2" })).to.deep.equal({
      weight: 10,
      service: "svc-v2",
      health: {
        pods: 2,
        ready: 1,
        restarts: 4,
        trouble: "Pod iris-v2-1 container model-server keeps crashing with exit code 3 (CrashLoopBackOff), 4 restarts",
      },
    });
  });

  it("is nothing for a version that is not there", () => {
    expect(liveVersion(objects, { app: "iris", version: "v3" })).to.deep.equal({
      weight: 0,
      service: undefined,
      health: { pods: 0, ready: 0, restarts: 0 },
    });
  });
});

describe("the part of a stack that a rollout deploys", () => {
  const model = { entry: "iris", versions: [{ resourceName: "iris-v1" }, { resourceName: "iris-v2" }] };
  const isPart = (type: string, name: string) =>
    isPartOf(model, { op: "update", urn: `urn:pulumi:dev::ml-platform::${type}::${name}` });

  it("is the model's route, pods, autoscalers and budgets, and what follows from the versions' roles", () => {
    const service = "ml:serving:ModelService$kubernetes";
    expect(isPart("ml:serving:Traffic$kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "iris")).to.equal(true);
    expect(isPart(`${service}:apps/v1:Deployment`, "iris-v2")).to.equal(true);
    expect(isPart(`${service}:autoscaling/v2:HorizontalPodAutoscaler`, "iris-v1")).to.equal(true);
    expect(isPart(`${service}:core/v1:ConfigMap`, "iris-v2-config")).to.equal(true);
    expect(isPart(`${service}:core/v1:Service`, "iris-v2-internal")).to.equal(true);
    expect(
      isPart("ml:platform:Monitoring$kubernetes:monitoring.coreos.com/v1:PrometheusRule", "monitoring-alerts"),
    ).to.equal(true);
  });

  it("is nothing of other models, and no other change that waits for an up", () => {
    expect(isPart("ml:serving:Traffic$kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "other")).to.equal(false);
    expect(isPart("ml:serving:ModelService$kubernetes:apps/v1:Deployment", "other-v1")).to.equal(false);
    expect(isPart("ml:serving:ModelService$kubernetes:core/v1:ConfigMap", "iris-v10-config")).to.equal(false);
    expect(isPart("ml:platform:Namespace$kubernetes:core/v1:ResourceQuota", "namespace-quota")).to.equal(false);
  });
});
