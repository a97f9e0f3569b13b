import { expect } from "chai";
import { checkStack } from "../../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "../support.ts";

const generic = { implementation: "generic", name: "gw", namespace: "gw-system" };
const version = (settings: Settings) => [{ model: "fraud", versions: [{ version: "1", ...settings }] }];

describe("a generic gateway", () => {
  const route = (traffic: Settings, gateway: Settings = {}) =>
    problemsOf({
      gateway: { ...generic, ...gateway },
      models: [{ model: "fraud", versions: [{ version: "1" }], traffic: { stable: "1", ...traffic } }],
    });

  it("has what every conformant one has", () => {
    expect(route({ timeoutSeconds: 30, hosts: ["a.example.com"], annotations: { "a.b/c": "d" } })).to.deep.equal([]);
    expect(route({ retries: false })).to.deep.equal([]);
    expect(route({ retries: { attempts: 3 } }, { routeRetries: true })).to.deep.equal([]);
  });

  it("has no limits, and retries only where its kinds have them", () => {
    expect(route({ rateLimit: {}, bodyLimit: "1Mi", retries: { attempts: 3 } })).to.deep.equal([
      "models[0].traffic.retries: needs gateway.routeRetries: true, for kinds of the Gateway API that have retries; or leave it out",
      "models[0].traffic.rateLimit: is not supported by generic with HTTPRoute: the Gateway API has no limits; attach your gateway's own policy by extraObjects, and leave it out",
      "models[0].traffic.bodyLimit: is not supported by generic with HTTPRoute: the Gateway API has no limits; leave it out: the server has its own bound",
    ]);
  });
});

describe("autoscaling on any metric", () => {
  const scaled = (autoscaling: Settings, more: Settings = {}) =>
    problemsOf({
      models: version({ autoscaling: { minReplicas: 1, maxReplicas: 3, ...autoscaling }, ...more }),
    }).map((line) => line.replace("models[0].versions[0].autoscaling.", ""));

  it("takes the server's queue, and metrics as in a HorizontalPodAutoscaler, without a CPU target", () => {
    const external = { type: "External", external: { metric: { name: "q" }, target: { type: "Value", value: 3 } } };
    expect(scaled({ queueDepth: 10, metrics: [external] })).to.deep.equal([]);
    const { stack } = checkStack(
      stackWith({ models: version({ autoscaling: { minReplicas: 1, maxReplicas: 3, queueDepth: 10 } }) }),
    );
    expect(stack?.models[0]?.versions[0]?.autoscaling).not.to.have.property("cpuUtilization");
  });

  it("is checked against the API", () => {
    expect(scaled({ metrics: [{ type: "Pods", pod: {} }] })).to.deep.equal([
      "metrics[0].pod: unknown field; did you mean pods?",
    ]);
    expect(scaled({ queueDepth: 10 }, { image: "a:1" })).to.deep.equal([
      "queueDepth: is a metric of the project's own server; name the image's own under metrics",
    ]);
  });
});

describe("where the pods may connect to", () => {
  const egressOf = (environment: Settings, egress: readonly Settings[] = []) =>
    checkStack(stackWith({ networkPolicies: { egress }, models: version({ environment }) })).stack?.networkPolicies
      .egress;
  const collector = (address: string) => egressOf({ OTEL_EXPORTER_OTLP_ENDPOINT: address });

  it("is the collector that they name", () => {
    const inNamespace = [{ namespaceLabels: { "kubernetes.io/metadata.name": "observability" }, ports: [4318] }];
    expect(collector("http://otel.observability:4318")).to.deep.equal(inNamespace);
    expect(collector("http://otel.observability.svc.cluster.local:4318")).to.deep.equal(inNamespace);
    expect(collector("http://otel:4318")).to.deep.equal([{ podLabels: {}, ports: [4318] }]);
    expect(collector("https://otel.example.com")).to.deep.equal([{ cidr: "0.0.0.0/0", ports: [443] }]);
    expect(collector("http://10.1.2.3:4318")).to.deep.equal([{ cidr: "10.1.2.3/32", ports: [4318] }]);
    expect(collector("nonsense")).to.deep.equal([]);
  });

  it("is what the stack says", () => {
    const store = { cidr: "10.0.0.0/8", ports: [443] };
    expect(egressOf({}, [store])).to.deep.equal([store]);
    expect(problemsOf({ networkPolicies: { egress: [{ ports: [1] }, { cidr: "x" }] } })).to.deep.equal([
      "networkPolicies.egress[0]: takes cidr, or namespaceLabels and podLabels",
      "networkPolicies.egress[1].cidr: must be addresses such as 10.0.0.0/8",
    ]);
  });
});
