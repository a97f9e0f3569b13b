import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { renderStack } from "../../render/render.ts";
import type { KubernetesObject } from "../../render/rendered.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const repository = path.resolve(import.meta.dirname, "../..");

/** A rendered stack's objects, by kind and name. */
async function rendered(...configFiles: string[]): Promise<(kind: string, name: string) => Manifest> {
  const objects = await renderStack({ stack: "test", configFiles });
  return (kind, name) =>
    objects.find(({ object }: { object: KubernetesObject }) => object.kind === kind && object.metadata.name === name)
      ?.object;
}

/** What an image of one's own needs besides the settings that every stack has. */
const FASTAPI = `
config:
  ml-platform:models:
    - model: fraud
      defaults:
        container: { port: 8000 }
        probes: { readiness: { path: /healthz } }
        autoscaling: { minReplicas: 2, maxReplicas: 3 }
      versions:
        - { version: "1", image: "ghcr.io/example/fraud-api:1.4.0" }
        - { version: "2", image: "ghcr.io/example/fraud-api:1.5.0" }
      traffic: { path: /fraud, stable: "1", canary: "2", canaryWeight: 10 }
`;

describe("bring your own", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "own-"));
  });
  after(() => rm(folder, { recursive: true }));

  const file = async (name: string, text: string) => {
    const target = path.join(folder, name);
    await writeFile(target, text);
    return target;
  };

  it("serves, splits and scales a FastAPI image by fewer than fifteen lines, which the guide shows", async () => {
    const lines = FASTAPI.trim().split("\n");
    expect(lines.length).to.be.below(15);
    expect(await readFile(path.join(repository, "docs/guides/bring-your-own.md"), "utf8")).to.contain(FASTAPI.trim());

    const object = await rendered(path.join(repository, "Pulumi.dev.yaml"), await file("fastapi.yaml", FASTAPI));
    for (const version of ["1", "2"]) {
      const [container] = object("Deployment", `fraud-v${version}`).spec.template.spec.containers;
      expect(container.image).to.equal(`ghcr.io/example/fraud-api:1.${version === "1" ? 4 : 5}.0`);
      expect(container.readinessProbe.httpGet).to.deep.equal({ path: "/healthz", port: "http" });
      expect(object("HorizontalPodAutoscaler", `fraud-v${version}`).spec).to.include({
        minReplicas: 2,
        maxReplicas: 3,
      });
    }
    const { backendRefs } = object("HTTPRoute", "fraud").spec.rules[0];
    expect(backendRefs.map(({ name, weight }: Manifest) => [name, weight])).to.deep.equal([
      ["fraud-v1", 90],
      ["fraud-v2", 10],
    ]);
  });

  it("has two different servers in the example: each with its ports, probes and metrics, monitored and let through", async () => {
    const object = await rendered(path.join(repository, "examples/Pulumi.byo-server.yaml"));
    const server = (version: string) => object("Deployment", `fraud-v${version}`).spec.template.spec;
    expect(server("1").containers[0].ports).to.deep.equal([{ name: "http", containerPort: 8000 }]);
    expect(server("2").containers[0].ports).to.deep.equal([
      { name: "http", containerPort: 8080 },
      { name: "metrics", containerPort: 9113 },
    ]);
    expect(server("2").securityContext).to.include({ runAsUser: 101, runAsNonRoot: true });
    const { relabelings } = object("ServiceMonitor", "fraud").spec.endpoints[0];
    expect(relabelings[0]).to.include({ targetLabel: "__metrics_path__" });
    expect(object("Service", "fraud-v2").metadata.annotations).to.deep.equal({
      "ml-platform/metrics-path": "/nginx/metrics",
    });
    const ports = (policy: string) => object("NetworkPolicy", policy).spec.ingress[0].ports;
    expect(ports("network-metrics-fraud")).to.deep.equal([{ port: "http", protocol: "TCP" }]);
    expect(ports("network-serve-fraud")).to.deep.equal([{ port: "http", protocol: "TCP" }]);
  });

  it("trains with workers that find each other, on what is there already", async () => {
    const objects = await renderStack({
      stack: "test",
      configFiles: [path.join(repository, "examples/Pulumi.byo-trainer.yaml")],
    });
    const kinds = [...new Set(objects.map(({ object }) => object.kind))].toSorted();
    expect(kinds).to.deep.equal(["CronJob", "Job", "NetworkPolicy", "Service"]);
    const [job] = objects.map(({ object }): Manifest => object).filter(({ kind }) => kind === "Job");
    const { spec } = job.spec.template;
    expect(
      spec.volumes.map(({ persistentVolumeClaim }: Manifest) => persistentVolumeClaim?.claimName),
    ).to.include.members(["shared-models", "images"]);
    expect(spec.imagePullSecrets).to.deep.equal([{ name: "ghcr-pull" }, { name: "internal-pull" }]);
    expect(job.spec.podFailurePolicy.rules[0].action).to.equal("Ignore");
    const variables = Object.fromEntries(spec.containers[0].env.map(({ name, value }: Manifest) => [name, value]));
    // The Job's own name has a hash; Kubernetes fills it in.
    expect(variables).to.include({ MASTER_ADDR: "$(JOB_NAME)-0.finetune", WORLD_SIZE: "2" });
  });

  it("queues Jobs, those of a CronJob included", async () => {
    const object = await rendered(path.join(repository, "examples/Pulumi.kueue.yaml"));
    const queue = { "kueue.x-k8s.io/queue-name": "team-vision" };
    expect(object("CronJob", "weekly").spec.jobTemplate.metadata.labels).to.include(queue);
    expect(object("LocalQueue", "team-vision").metadata.namespace).to.equal("vision");
  });

  it("fits any cluster: another gateway, an assigned user, more egress, any metric", async () => {
    const cluster = await file(
      "cluster.yaml",
      `
config:
  ml-platform:gateway: { name: gateway, namespace: gateway, implementation: generic }
  ml-platform:namespace: { name: scoring, assignsUser: true }
  ml-platform:networkPolicies: { enabled: true, egress: [{ cidr: 10.0.0.0/8, ports: [443] }] }
  ml-platform:models:
    - model: fraud
      versions:
        - version: "1"
          environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel.observability:4318" }
          autoscaling: { metrics: [{ type: ContainerResource, containerResource: { name: cpu, container: model-server, target: { type: Utilization, averageUtilization: 60 } } }] }
      traffic: { annotations: { cert-manager.io/cluster-issuer: letsencrypt } }
`,
    );
    const object = await rendered(path.join(repository, "examples/Pulumi.byo-server.yaml"), cluster);
    const route = object("HTTPRoute", "fraud");
    expect(route.metadata.annotations).to.deep.equal({ "cert-manager.io/cluster-issuer": "letsencrypt" });
    expect(route.spec.rules[0]).not.to.have.property("retry");
    const user = (version: string) => object("Deployment", `fraud-v${version}`).spec.template.spec.securityContext;
    expect(user("1")).to.deep.equal({
      runAsNonRoot: true,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
    // The second version names its user itself.
    expect(user("2")).to.include({ runAsUser: 101 });
    expect(object("HorizontalPodAutoscaler", "fraud-v1").spec.metrics.map(({ type }: Manifest) => type)).to.deep.equal([
      "Resource",
      "ContainerResource",
    ]);
    const ports = (port: number) => ["TCP", "UDP"].map((protocol) => ({ port, protocol }));
    expect(object("NetworkPolicy", "network-egress").spec.egress).to.deep.equal([
      { to: [{ ipBlock: { cidr: "10.0.0.0/8" } }], ports: ports(443) },
      {
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "observability" } } }],
        ports: ports(4318),
      },
    ]);
  });

  it("patches objects by their fixed names and by those in the rendering, and adds others", async () => {
    const hatch = await file(
      "hatch.yaml",
      `
config:
  ml-platform:patches:
    - { target: { kind: Deployment, name: fraud-v1 }, patch: { spec: { template: { spec: { priorityClassName: high } } } } }
    - { target: { kind: ConfigMap, name: fraud-v1-config }, patch: { data: { MODEL_FILE: null, MORE: "1" } } }
    - { target: { kind: HTTPRoute, name: fraud, namespace: scoring }, patch: { spec: { hostnames: [ml.example.com] } } }
    - { target: { kind: ServiceAccount, name: fraud }, patch: { automountServiceAccountToken: false } }
  ml-platform:extraObjects:
    - { apiVersion: v1, kind: ServiceAccount, metadata: { name: fraud, annotations: { a: b } } }
    - { apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: { name: high }, value: 1000 }
    - { apiVersion: keda.sh/v1alpha1, kind: ClusterThing, metadata: { name: all, namespace: "" }, spec: {} }
`,
    );
    const object = await rendered(path.join(repository, "examples/Pulumi.byo-server.yaml"), hatch);
    const { spec } = object("Deployment", "fraud-v1").spec.template;
    expect(spec.priorityClassName).to.equal("high");
    expect(spec.containers[0].image).to.equal("ghcr.io/example/fraud-api:1.4.0");
    expect(object("ConfigMap", spec.containers[0].envFrom[0].configMapRef.name).data).to.deep.equal({ MORE: "1" });
    expect(object("HTTPRoute", "fraud").spec).to.deep.include({ hostnames: ["ml.example.com"] });
    expect(object("ServiceAccount", "fraud")).to.deep.equal({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: {
        name: "fraud",
        namespace: "scoring",
        labels: { "app.kubernetes.io/part-of": "ml-platform" },
        annotations: { a: "b" },
      },
      automountServiceAccountToken: false,
    });
    expect(object("PriorityClass", "high").metadata).not.to.have.property("namespace");
    expect(object("ClusterThing", "all").metadata).not.to.have.property("namespace");
  });

  it("refuses patches without their objects and objects that the API would refuse, each with its path", async () => {
    const wrong = await file(
      "wrong.yaml",
      `
config:
  ml-platform:patches:
    - { target: { kind: Deployment, name: fraud-v3 }, patch: {} }
    - { target: { kind: Deploy, name: fraud-v1 }, patch: {} }
    - { target: { kind: Deployment, name: fraud-v1 }, patch: { spec: { replicas: 3, templat: {} } } }
    - { target: { kind: Deployment, name: fraud-v2 }, patch: { metadata: { name: other }, kind: DaemonSet } }
    - { target: { kind: Deployment, name: fraud-v2 }, patch: { spec: { template: { metadata: { labels: { app: a } } } } } }
`,
    );
    const failure = await rendered(path.join(repository, "examples/Pulumi.byo-server.yaml"), wrong).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failure.split("\n").map((line) => line.replace(`${wrong}: `, ""))).to.deep.equal([
      "patches[2].patch.spec.templat: unknown field; did you mean template?",
      "patches[2].patch.spec.replicas: is decided by the autoscaler; change its bounds",
      "patches[3].patch.kind: says which object it is; it cannot be changed",
      "patches[3].patch.metadata.name: says which object it is; it cannot be changed",
      'patches[4].patch.spec: leaves pods that the selector does not select: label "app" differs',
      'patches[0].target: the stack has no Deployment "fraud-v3"; it has "fraud-v1", "fraud-v2"',
      'patches[1].target: the stack has no object of kind "Deploy"; it has BackendTrafficPolicy, ConfigMap, Deployment, HTTPRoute, HorizontalPodAutoscaler, Job, Namespace, NetworkPolicy, PersistentVolumeClaim, PodDisruptionBudget, PrometheusRule, Service, ServiceMonitor',
    ]);
  });
});
