import { expect } from "chai";
import { checkStack } from "../../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "../support.ts";

/** The mistakes in one version. */
const version = (settings: Settings, more: Settings = {}) =>
  problemsOf({ models: [{ model: "fraud", versions: [{ version: "1", ...settings }], ...more }] }).map((line) =>
    line.replace("models[0].versions[0].", ""),
  );

const image = "team/api:1";

describe("a version with an image of its own", () => {
  it("is accepted with any ports, probes and metrics", () => {
    for (const container of [{}, { port: 80 }, { port: 8000, metricsPath: "/m" }, { metricsPort: 8080, port: 8080 }]) {
      expect(version({ image, container })).to.deep.equal([]);
    }
    expect(version({ image, modelsPath: "/models", command: ["a"], args: [], sharedMemory: "1Gi" })).to.deep.equal([]);
  });

  it("has no settings of the project's server", () => {
    expect(version({ image, rollout: { drainSeconds: 3 } })).to.deep.equal([
      "rollout.drainSeconds: is read by the project's own server only; set preStopSeconds, during which any server answers",
    ]);
  });

  it("is not judged by the counters of the project's server", () => {
    const rollout = (evidence?: string) => ({
      traffic: { stable: "1" },
      rollout: evidence === undefined ? {} : { evidence },
    });
    const gateway = { api: "HTTPRoute", implementation: "traefik", name: "gateway", namespace: "gateway" };
    const monitoring = { namespace: "monitoring" };
    const models = (evidence?: string) => [
      { model: "fraud", versions: [{ version: "1", image }], ...rollout(evidence) },
    ];
    const problems = (evidence?: string) => problemsOf({ gateway, monitoring, models: models(evidence) });
    expect(problems()).to.deep.equal([
      'models[0].rollout.evidence: is server, but version "1" has an image of its own, whose counters are not known; use gateway',
    ]);
    expect(problems("gateway")).to.deep.equal([]);
  });

  it("has ports that differ", () => {
    expect(version({ image, container: { port: 8000, ports: { grpc: 8000 } } })).to.deep.equal([
      "container.ports.grpc: is models[0].versions[0].container.port; choose another port",
    ]);
    expect(
      version({ image, container: { port: 8000, metricsPath: "/metrics" }, service: { port: 8000 } }),
    ).to.deep.equal(["service.metricsPort: is the port of the Service, 8000; give another one, or false for none"]);
    expect(version({ image, container: { ports: { grpc: 80 } } })).to.deep.equal([
      "container.ports.grpc: is 80, which models[0].versions[0].service has already; choose another port there",
    ]);
  });

  it("has shared memory within its memory", () => {
    expect(version({ image, sharedMemory: "4Gi" })).to.deep.equal([
      "sharedMemory: is above models[0].versions[0].resources.limits.memory, 2Gi, of which it is a part; lower it, or raise the limit",
    ]);
  });

  it("is counted against the quota with its GPUs", () => {
    const namespace = { name: "ml", quota: { hard: { "requests.nvidia.com/gpu": "3" } } };
    const models = [{ model: "fraud", versions: [{ version: "1", image, gpus: 2, rollout: { maxSurge: 1 } }] }];
    expect(problemsOf({ namespace, models })).to.deep.equal([
      "namespace.quota.hard.requests.nvidia.com/gpu: the stack can ask for 4, the quota is 3: fraud-v1 (1 + 1 surge) × 2 = 4; lower these, or raise the quota",
    ]);
  });
});

describe("a version of the project's server", () => {
  it("has no command of its own, always has metrics, and reads its models", () => {
    const settings = {
      command: ["a"],
      modelsPath: false,
      container: { metricsPort: false, metricsPath: "/m", port: 80 },
    };
    expect(version(settings)).to.deep.equal([
      "command: is not for the project's own server; give an image, or leave it out",
      "container.port: must be a port from 1024 to 65535, since the container runs without privileges",
      "container.metricsPort: is not for the project's own server, which has metrics",
      "container.metricsPath: is not for the project's own server, which has its metrics at /metrics",
      "modelsPath: is not for the project's own server, which reads its models there",
    ]);
  });
});

describe("the defaults of versions", () => {
  it("give way to another kind of probe, and are joined with a piece of a pod template", () => {
    const defaults = {
      image,
      probes: { readiness: { path: "/ok", periodSeconds: 9 } },
      pod: { spec: { priorityClassName: "high", volumes: [{ name: "a", emptyDir: {} }] } },
    };
    const own = {
      version: "1",
      probes: { readiness: { tcp: true } },
      pod: { spec: { volumes: [{ name: "b", emptyDir: {} }] } },
    };
    const { stack } = checkStack(stackWith({ models: [{ model: "fraud", defaults, versions: [own] }] }));
    const version = stack?.models[0]?.versions[0];
    expect(version?.probes.readiness).to.deep.include({ tcp: true, periodSeconds: 9 });
    expect(version?.probes.readiness).not.to.have.property("path");
    expect(version?.pod?.spec).to.deep.equal({
      priorityClassName: "high",
      volumes: [
        { name: "a", emptyDir: {} },
        { name: "b", emptyDir: {} },
      ],
    });
  });
});

describe("a probe", () => {
  it("asks one thing", () => {
    expect(version({ image, probes: { readiness: { path: "/a", tcp: true } } })).to.deep.equal([
      "probes.readiness: takes one of path, tcp, grpc and command",
    ]);
    expect(version({ image, probes: { liveness: false } })).to.deep.equal([]);
  });
});
