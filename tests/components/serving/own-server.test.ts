import { expect } from "chai";
import { ModelService, type ModelVersionArgs } from "../../../components/index.ts";
import { record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

let made = 0;

/** The container, the pod and the Service of a version with an image of its own. */
async function served(version: Partial<ModelVersionArgs>) {
  const registered = await record(() => {
    new ModelService(`own-${++made}`, {
      namespace: "ml",
      model: "fraud",
      entry: `fraud-${made}`,
      image: "inference:1",
      modelsClaim: "models",
      versions: [{ version: "1", image: "team/api:2", ...version }],
    });
  });
  const of = (kind: string): Manifest => registered.find(({ type }) => type.endsWith(`:${kind}`))?.inputs;
  const pod = of("Deployment").spec.template.spec;
  const [container] = pod.containers;
  return { pod, container, service: of("Service"), deployment: of("Deployment") };
}

const variables = (container: Manifest) =>
  Object.fromEntries(container.env.map(({ name, value }: Manifest) => [name, value]));

describe("a version with an image of its own", () => {
  it("runs the image's own command, and learns its model, its version and its port", async () => {
    const { container, pod, deployment } = await served({ container: { port: 8000 } });
    expect(container.image).to.equal("team/api:2");
    expect(container).not.to.have.any.keys("command", "args", "volumeMounts");
    expect(pod).not.to.have.property("volumes");
    expect(variables(container)).to.deep.equal({ MODEL_NAME: "fraud", MODEL_VERSION: "1", PORT: "8000" });
    expect(container.ports).to.deep.equal([{ name: "http", containerPort: 8000 }]);
    expect(deployment.metadata.annotations["kubernetes.io/change-cause"]).to.equal("fraud version 1, image team/api:2");
  });

  it("runs the given command, with the models where the version says", async () => {
    const { container, pod } = await served({
      command: ["serve"],
      args: ["--workers", "2"],
      modelsPath: "/srv/models",
    });
    expect(container).to.deep.include({ command: ["serve"], args: ["--workers", "2"] });
    expect(container.volumeMounts).to.deep.equal([{ name: "models", mountPath: "/srv/models", readOnly: true }]);
    expect(pod.volumes).to.deep.equal([{ name: "models", persistentVolumeClaim: { claimName: "models" } }]);
    expect(variables(container)).to.include({ MODEL_DIR: "/srv/models" });
  });

  it("keeps the variables that it sets itself", async () => {
    const { container } = await served({
      environment: { PORT: "1", MODEL_NAME: "x" },
      secretEnvironment: { MODEL_VERSION: { secret: "s", key: "k" } },
    });
    expect(container.env.map(({ name }: Manifest) => name)).to.deep.equal(["MODEL_VERSION"]);
  });

  it("keeps answering for five seconds when it is told to stop, and may write to its file system", async () => {
    const { container, pod } = await served({});
    expect(container.lifecycle).to.deep.equal({ preStop: { sleep: { seconds: 5 } } });
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 1000 });
  });

  it("has GPUs on the GPU nodes, and shared memory", async () => {
    const { container, pod } = await served({ gpus: 2, sharedMemory: "4Gi" });
    expect(container.resources.limits["nvidia.com/gpu"]).to.equal("2");
    expect(container.resources.requests["nvidia.com/gpu"]).to.equal("2");
    expect(pod.nodeSelector).to.deep.equal({ accelerator: "nvidia-gpu" });
    expect(pod.tolerations).to.deep.equal([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(pod.volumes).to.deep.equal([{ name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "4Gi" } }]);
    expect(container.volumeMounts).to.deep.equal([{ name: "shared-memory", mountPath: "/dev/shm" }]);
  });

  it("is probed at its port, unless it says what to ask", async () => {
    const tcp = { tcpSocket: { port: "http" } };
    const plain = (await served({})).container;
    expect(plain.startupProbe).to.deep.include(tcp);
    expect(plain.readinessProbe).to.deep.include(tcp);
    expect(plain.livenessProbe).to.deep.include(tcp);

    const asked = (await served({ probes: { readiness: { path: "/ok", port: 8081 } } })).container;
    expect(asked.startupProbe).to.deep.include({ httpGet: { path: "/ok", port: 8081 }, failureThreshold: 120 });
    expect(asked.readinessProbe).to.deep.include({ httpGet: { path: "/ok", port: 8081 }, failureThreshold: 3 });
    expect(asked.livenessProbe).to.deep.include(tcp);

    const other = (
      await served({
        container: { port: 9000 },
        probes: { startup: { command: ["ready"] }, readiness: { grpc: "fraud" }, liveness: false },
      })
    ).container;
    expect(other.startupProbe).to.deep.include({ exec: { command: ["ready"] } });
    expect(other.readinessProbe).to.deep.include({ grpc: { port: 9000, service: "fraud" } });
    expect(other).not.to.have.property("livenessProbe");
  });

  it("has its metrics where it answers, at a port of their own, or none", async () => {
    const none = await served({ container: { port: 8000 } });
    expect(none.service.spec.ports).to.deep.equal([{ name: "http", port: 80, targetPort: "http" }]);

    const same = await served({ container: { port: 8000, metricsPath: "/stats" } });
    expect(same.container.ports).to.deep.equal([{ name: "http", containerPort: 8000 }]);
    expect(same.service.spec.ports[1]).to.deep.equal({ name: "metrics", port: 8000, targetPort: "http" });
    expect(same.service.metadata.annotations).to.deep.equal({ "ml-platform/metrics-path": "/stats" });

    const own = await served({ container: { port: 8000, metricsPort: 8002, ports: { grpc: 8001 } } });
    expect(own.service.spec.ports.slice(1)).to.deep.equal([
      { name: "metrics", port: 8002, targetPort: "metrics" },
      { name: "grpc", port: 8001, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
    ]);
    expect(own.service.metadata).not.to.have.property("annotations");
  });

  it("has what its `pod` says", async () => {
    const { pod, container, deployment } = await served({
      pod: {
        metadata: { annotations: { "sidecar.istio.io/inject": "true" } },
        spec: {
          serviceAccountName: "fraud",
          securityContext: { runAsUser: null },
          containers: [
            { name: "model-server", env: [{ name: "PORT", value: "1" }] },
            { name: "proxy", image: "proxy:1" },
          ],
        },
      },
    });
    expect(deployment.spec.template.metadata.annotations).to.deep.equal({ "sidecar.istio.io/inject": "true" });
    expect(pod.serviceAccountName).to.equal("fraud");
    expect(pod.securityContext).not.to.have.property("runAsUser");
    expect(pod.containers.map(({ name }: Manifest) => name)).to.deep.equal(["model-server", "proxy"]);
    expect(variables(container)).to.include({ MODEL_NAME: "fraud", PORT: "1" });
  });
});
