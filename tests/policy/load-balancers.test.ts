import { expect } from "chai";
import { UNKNOWN } from "../../policy/objects/fields.ts";
import { loadBalancerViolations } from "../../policy/rules/load-balancers.ts";
import { object } from "./support.ts";

const REMEDY =
  "name the networks that may reach it in spec.loadBalancerSourceRanges, or use the cloud's annotation for an internal load balancer";

describe("policy: no load balancer is open to the internet", () => {
  const service = (spec: object, annotations: unknown = {}) =>
    loadBalancerViolations(object({ kind: "Service", metadata: { name: "api", namespace: "ml", annotations }, spec }));
  const missing = [
    `Service ml/api: spec.loadBalancerSourceRanges: is missing, so anyone on the internet can connect; ${REMEDY}`,
  ];

  it("accepts Services of other types", () => {
    expect(service({ type: "ClusterIP" })).to.deep.equal([]);
    expect(service({ type: "NodePort" })).to.deep.equal([]);
    expect(service({})).to.deep.equal([]);
  });

  it("requires the networks that may reach a load balancer", () => {
    expect(service({ type: "LoadBalancer" })).to.deep.equal(missing);
    expect(service({ type: "LoadBalancer", loadBalancerSourceRanges: [] })).to.deep.equal(missing);
    expect(service({ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] })).to.deep.equal([]);
  });

  for (const range of ["0.0.0.0/0", "::/0"]) {
    it(`does not accept ${range} as a network`, () => {
      expect(service({ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8", range] })).to.deep.equal([
        `Service ml/api: spec.loadBalancerSourceRanges: ${range} allows the whole internet; ${REMEDY}`,
      ]);
    });
  }

  const internal: Readonly<Record<string, string>> = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    "networking.gke.io/load-balancer-type": "Internal",
    "cloud.google.com/load-balancer-type": "Internal",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8, 192.168.0.0/16",
  };
  for (const [annotation, value] of Object.entries(internal)) {
    it(`accepts ${annotation}: ${value}`, () => {
      expect(service({ type: "LoadBalancer" }, { [annotation]: value })).to.deep.equal([]);
    });
  }

  it("does not accept such an annotation with another value", () => {
    const external: Readonly<Record<string, string>> = {
      "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing",
      "service.beta.kubernetes.io/aws-load-balancer-internal": "false",
      "networking.gke.io/load-balancer-type": "External",
      "service.beta.kubernetes.io/azure-load-balancer-internal": "false",
      "service.beta.kubernetes.io/load-balancer-source-ranges": "",
    };
    expect(service({ type: "LoadBalancer" }, external)).to.deep.equal(missing);
  });

  it("accepts values that are not known yet in a preview", () => {
    const annotation = { "networking.gke.io/load-balancer-type": UNKNOWN };
    expect(service({ type: UNKNOWN })).to.deep.equal([]);
    expect(service({ type: "LoadBalancer", loadBalancerSourceRanges: UNKNOWN })).to.deep.equal([]);
    expect(service({ type: "LoadBalancer" }, annotation)).to.deep.equal([]);
    expect(service({ type: "LoadBalancer" }, UNKNOWN)).to.deep.equal([]);
  });
});
