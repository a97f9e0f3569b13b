import { expect } from "chai";
import { ModelService, type ModelVersionArgs } from "../../../components/index.ts";
import { type Registered, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

let made = 0;

/** The objects of one version with the given settings, by kind. */
async function objects(version: Partial<ModelVersionArgs>) {
  const registered = await record(() => {
    new ModelService(`version-${++made}`, {
      namespace: "ml",
      model: "iris",
      entry: `iris-${made}`,
      image: "inference:1",
      imageAccess: { pullPolicy: "IfNotPresent", pullSecret: "registry" },
      modelsClaim: "models",
      versions: [{ version: "1", ...version }],
    });
  });
  const of = (kind: string): Manifest[] => registered.filter(isKind(kind)).map(({ inputs }) => inputs);
  return { deployment: of("Deployment")[0], services: of("Service") };
}

const isKind =
  (kind: string) =>
  ({ type }: Registered) =>
    type.endsWith(`:${kind}`);

describe("a served version", () => {
  it("uses the given container name and ports in the server, its probes and its Service", async () => {
    const { deployment, services } = await objects({
      container: { name: "iris-api", port: 5000, metricsPort: 8000 },
      service: { port: 8080 },
    });
    const [container] = deployment.spec.template.spec.containers;
    const variables = Object.fromEntries(container.env.map((v: Manifest) => [v.name, v.value]));
    expect(container).to.include({ name: "iris-api", imagePullPolicy: "IfNotPresent" });
    expect(container.ports).to.deep.equal([
      { name: "http", containerPort: 5000 },
      { name: "metrics", containerPort: 8000 },
    ]);
    expect(variables).to.include({ PORT: "5000", METRICS_PORT: "8000" });
    expect(container.readinessProbe.httpGet).to.deep.equal({ path: "/ready", port: "http" });
    expect(services[0].spec.ports).to.deep.equal([
      { name: "http", port: 8080, targetPort: "http" },
      { name: "metrics", port: 8000, targetPort: "metrics" },
    ]);
    expect(deployment.spec.template.spec.imagePullSecrets).to.deep.equal([{ name: "registry" }]);
  });

  it("serves gRPC on the container's port of that name, which its Service has too", async () => {
    const { deployment, services } = await objects({ container: { ports: { grpc: 8001 } } });
    const [container] = deployment.spec.template.spec.containers;
    expect(container.ports).to.deep.include({ name: "grpc", containerPort: 8001 });
    expect(container.env).to.deep.include({ name: "GRPC_PORT", value: "8001" });
    expect(services[0].spec.ports).to.deep.include({
      ...{ name: "grpc", port: 8001, targetPort: "grpc", appProtocol: "kubernetes.io/h2c" },
    });
    const without = await objects({});
    const { env } = without.deployment.spec.template.spec.containers[0];
    expect(env.map(({ name }: Manifest) => name)).not.to.include("GRPC_PORT");
  });

  it("rolls when a Secret with a fixed name changes", async () => {
    const { deployment } = await objects({ secrets: ["api"], secretsHash: "0123" });
    expect(deployment.spec.template.metadata.annotations).to.deep.equal({ "checksum/secret": "0123" });
  });

  it("may load its model for longer than Kubernetes' own deadline of ten minutes", async () => {
    const loading = async (failureThreshold: number) =>
      (await objects({ probes: { startup: { periodSeconds: 10, failureThreshold } } })).deployment.spec;
    expect((await loading(180)).progressDeadlineSeconds).to.equal(180 * 10 + 300);
    expect(await loading(30)).to.not.have.property("progressDeadlineSeconds");
  });

  it("accepts a path and every timing of a probe, with defaults for the rest", async () => {
    const { deployment } = await objects({
      probes: {
        readiness: { path: "/health", initialDelaySeconds: 20, timeoutSeconds: 3 },
        liveness: { initialDelaySeconds: 30 },
      },
    });
    const [container] = deployment.spec.template.spec.containers;
    expect(container.readinessProbe).to.deep.equal({
      httpGet: { path: "/health", port: "http" },
      initialDelaySeconds: 20,
      periodSeconds: 5,
      timeoutSeconds: 3,
      failureThreshold: 3,
    });
    expect(container.livenessProbe).to.include({ initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5 });
  });

  it("can have additional Services for the same pods; a load balancer exposes no metrics, and waiting for it can be turned off", async () => {
    const { services } = await objects({
      service: { name: "model-api" },
      additionalServices: [
        { name: "model-api-lb", type: "LoadBalancer", skipAwait: true },
        { type: "NodePort", nodePort: 30800, metricsPort: false },
      ],
    });
    expect(services).to.have.length(3);
    const [main, balancer, nodePort] = ["ClusterIP", "LoadBalancer", "NodePort"].map((type) =>
      services.find(({ spec }) => spec.type === type),
    );
    expect(new Set(services.map(({ spec }) => JSON.stringify(spec.selector)))).to.have.property("size", 1);
    expect(balancer.spec.ports.map(({ name }: Manifest) => name)).to.deep.equal(["http"]);
    expect(nodePort.spec.ports).to.deep.equal([{ name: "http", port: 80, targetPort: "http", nodePort: 30800 }]);
    expect(balancer.metadata.annotations).to.deep.equal({ "pulumi.com/skipAwait": "true" });
    expect(main.metadata).to.not.have.property("annotations");
  });

  it("can be selected by additional labels, which its pods also have", async () => {
    const { deployment, services } = await objects({ selector: { run: "php-apache" }, labels: { tier: "backend" } });
    expect(deployment.spec.selector.matchLabels).to.deep.equal({ run: "php-apache" });
    expect(services[0].spec.selector).to.deep.equal({ run: "php-apache" });
    expect(deployment.spec.template.metadata.labels).to.include({
      run: "php-apache",
      tier: "backend",
      component: "model-server",
      version: "v1",
    });
    expect(deployment.metadata.labels).to.include({ tier: "backend" });
  });

  it("takes its environment from ConfigMaps and Secrets in the given order, with its own settings after shared ones", async () => {
    const { deployment } = await objects({
      configMaps: [{ name: "shared-config", hash: "aa" }, { name: "ml-config-1234" }],
      secrets: ["api-credentials"],
      environment: { LOG_LEVEL: "debug" },
    });
    const { metadata, spec } = deployment.spec.template;
    const [container] = spec.containers;
    const own = container.envFrom[2].configMapRef.name;
    expect(own).to.match(/-config-auto$/);
    expect(container.envFrom).to.deep.equal([
      { configMapRef: { name: "shared-config" } },
      { configMapRef: { name: "ml-config-1234" } },
      { configMapRef: { name: own } },
      { secretRef: { name: "api-credentials" } },
    ]);
    expect(metadata.annotations).to.deep.equal({ "checksum/config": "aa" });
  });

  it("is spread over zones and nodes by default, and prefers different zones if requested", async () => {
    const spread = await objects({});
    const topologies = spread.deployment.spec.template.spec.topologySpreadConstraints;
    expect(
      topologies.map(({ topologyKey, maxSkew, whenUnsatisfiable }: Manifest) => [
        topologyKey,
        maxSkew,
        whenUnsatisfiable,
      ]),
    ).to.deep.equal([
      ["topology.kubernetes.io/zone", 1, "ScheduleAnyway"],
      ["kubernetes.io/hostname", 1, "ScheduleAnyway"],
    ]);
    const { deployment } = await objects({
      scheduling: {
        zoneAntiAffinityWeight: 100,
        topologySpread: [],
        nodeSelector: { disk: "ssd" },
        tolerations: [{ key: "dedicated" }],
      },
    });
    const pod = deployment.spec.template.spec;
    expect(pod.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution).to.deep.equal([
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: "topology.kubernetes.io/zone",
          labelSelector: deployment.spec.selector,
        },
      },
    ]);
    expect(pod).to.not.have.property("topologySpreadConstraints");
    expect(pod.nodeSelector).to.deep.equal({ disk: "ssd" });
    expect(pod.tolerations).to.deep.equal([{ key: "dedicated", operator: "Exists" }]);
  });

  it("gets a longer Pulumi timeout if its model may take longer to load than the default", async () => {
    const usual = await objects({ replicas: 3 });
    expect(usual.deployment.metadata.annotations).to.not.have.property("pulumi.com/timeoutSeconds");
    const slow = await objects({ replicas: 2, probes: { startup: { periodSeconds: 10, failureThreshold: 60 } } });
    expect(slow.deployment.metadata.annotations).to.include({ "pulumi.com/timeoutSeconds": "1200" });
  });
});
