import { expect } from "chai";
import { ApiGateway, type ApiGatewayArgs } from "../../../components/index.ts";
import { only, optionsOf, type Registered, record } from "../recorder.ts";

const args: ApiGatewayArgs = {
  namespace: "mlops-lab",
  routes: [{ path: "/predict", backend: { service: "ml-inference-service", port: 5000 } }],
};

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const podOf = (made: Registered[]): Manifest => (only(made, "Deployment").inputs["spec"] as Manifest).template.spec;
const confOf = (made: Registered[]): string => (only(made, "ConfigMap").inputs["data"] as Manifest)["nginx.conf"];

describe("ApiGateway", () => {
  it("routes /predict to the model's Service with headers and timeouts, and answers /health and /status itself", async () => {
    const conf = confOf(await record(() => new ApiGateway("g1", args)));
    expect(conf).to.match(/upstream model_0 \{\n( {4}server ml-inference-service:5000 max_fails=0;\n){8} {2}\}/);
    expect(conf).to.match(/location = \/predict \{\n {6}proxy_pass http:\/\/model_0\/predict;\n {4}\}/);
    for (const line of [
      "proxy_set_header Host $host;",
      "proxy_set_header X-Real-IP $remote_addr;",
      "proxy_set_header X-Request-ID $forwarded_request_id;",
      "proxy_connect_timeout 10s;",
      "proxy_read_timeout 30s;",
      "client_max_body_size 33554432;",
      'return 200 "Gateway OK\\n";',
      'return 200 "API Gateway v1.0\\nBackend: ml-inference-service:5000 (/predict)\\n";',
    ]) {
      expect(conf).to.include(line);
    }
  });

  it("routes everything below a path if the path ends with a slash", async () => {
    const routes = [{ path: "/iris/", target: "/", backend: { service: "iris", port: 80 } }];
    const conf = confOf(await record(() => new ApiGateway("g2", { ...args, routes })));
    expect(conf).to.match(/location \^~ \/iris\/ \{\n {6}proxy_pass http:\/\/model_0\/;\n/);
  });

  it("rolls its pods when the configuration changes, because that creates an immutable ConfigMap with a new name", async () => {
    const made = await record(() => new ApiGateway("g3", args));
    expect(only(made, "ConfigMap").inputs).to.include({ immutable: true });
    const [config] = podOf(made).volumes;
    expect(config.configMap.name).to.equal("g3-config-auto");
  });

  it("rolls its pods by a checksum if the ConfigMap has a fixed name", async () => {
    const checksum = async (name: string, more: Partial<ApiGatewayArgs>) => {
      const made = await record(() => new ApiGateway(name, { ...args, configName: "gateway-config", ...more }));
      expect(only(made, "ConfigMap").inputs).to.not.have.property("immutable");
      return (only(made, "Deployment").inputs["spec"] as Manifest).template.metadata.annotations["checksum/config"];
    };
    const before = await checksum("g4", {});
    expect(before).to.match(/^[0-9a-f]{16}$/);
    expect(await checksum("g5", {})).to.equal(before);
    expect(await checksum("g6", { readTimeoutSeconds: 60 })).to.not.equal(before);
  });

  it("reads the key from its Secret, and does not store it in the ConfigMap", async () => {
    const apiKey = { secret: "api-credentials", key: "API_KEY" };
    const made = await record(() => new ApiGateway("g7", { ...args, apiKey }));
    const [container] = podOf(made).containers;
    expect(container.env).to.deep.equal([
      { name: "API_KEY", valueFrom: { secretKeyRef: { name: "api-credentials", key: "API_KEY" } } },
    ]);
    expect(confOf(made)).to.include("include /tmp/api-key.conf;").and.to.include("if ($api_key_known = 0)");
    const open = await record(() => new ApiGateway("g8", args));
    expect(confOf(open)).to.not.include("api_key");
    expect(podOf(open).containers[0]).to.not.have.property("env");
  });

  it("meets the Pod Security Standard restricted, with a read-only root and /tmp to write to", async () => {
    const pod = podOf(await record(() => new ApiGateway("g9", args)));
    expect(pod.securityContext).to.include({ runAsNonRoot: true, runAsUser: 1000 });
    const [container] = pod.containers;
    expect(container.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.volumeMounts.map(({ mountPath }: Manifest) => mountPath)).to.have.members([
      "/etc/nginx/nginx.conf",
      "/tmp",
    ]);
    expect(container.resources).to.deep.equal({
      requests: { cpu: "100m", memory: "64Mi" },
      limits: { cpu: "200m", memory: "128Mi" },
    });
  });

  it("keeps answering while it terminates, and closes each connection after its next response", async () => {
    const rollout = { drainSeconds: 7, terminationGracePeriodSeconds: 60 };
    const made = await record(() => new ApiGateway("g10", { ...args, rollout }));
    const pod = podOf(made);
    expect(pod.terminationGracePeriodSeconds).to.equal(60);
    const [, , stop] = pod.containers[0].lifecycle.preStop.exec.command;
    expect(stop).to.match(/^touch \/tmp\/draining; sleep 7; nginx .*-s quit; while \[ -e \/tmp\/nginx\.pid \]/);
    expect(confOf(made)).to.match(/location = \/\.draining\/predict \{\n {6}internal;\n {6}keepalive_timeout 0;/);
  });

  it("has the given names, port and autoscaler, and leaves the replicas to the autoscaler", async () => {
    const made = await record(
      () =>
        new ApiGateway("g11", {
          ...args,
          service: { name: "api-gateway-service", type: "NodePort", nodePort: 30080 },
          autoscaling: { name: "api-gateway-hpa", minReplicas: 2, maxReplicas: 6, cpuUtilization: 60 },
          disruptionBudget: { minAvailable: 1 },
        }),
    );
    const deployment = only(made, "Deployment");
    expect((deployment.inputs["metadata"] as Manifest).name).to.equal("api-gateway");
    expect((deployment.inputs["spec"] as Manifest).replicas).to.equal(2);
    expect(optionsOf(deployment)?.ignoreChanges).to.deep.equal(["spec.replicas"]);
    const { metadata, spec }: Manifest = only(made, "Service").inputs;
    expect(metadata.name).to.equal("api-gateway-service");
    expect(spec).to.deep.include({ type: "NodePort", selector: { app: "api-gateway" } });
    expect(spec.ports).to.deep.equal([{ name: "http", port: 80, targetPort: "http", nodePort: 30080 }]);
    const autoscaler: Manifest = only(made, "HorizontalPodAutoscaler").inputs["spec"];
    expect(autoscaler).to.deep.include({ minReplicas: 2, maxReplicas: 6 });
    expect(autoscaler.metrics[0].resource.target.averageUtilization).to.equal(60);
    const budget: Manifest = only(made, "PodDisruptionBudget").inputs["spec"];
    expect(budget.selector).to.deep.equal({ matchLabels: { app: "api-gateway" } });
  });

  it("rejects a gateway without routes", () => {
    expect(() => new ApiGateway("g12", { ...args, routes: [] })).to.throw("the gateway has no route to a model");
  });
});
