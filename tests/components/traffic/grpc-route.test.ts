import { expect } from "chai";
import { Traffic } from "../../../components/traffic/traffic.ts";
import { only, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const gateway = { name: "gw", namespace: "gw-system", implementation: "traefik", sectionName: "http" } as const;
const backend = (service: string, grpcPort?: number) => ({
  ...{ service, port: 80 },
  ...(grpcPort === undefined ? {} : { grpcPort }),
});
const args = {
  ...{ namespace: "ml", gateway, stable: backend("v1", 8001), canary: backend("v2", 9001), canaryWeight: 0.5 },
  grpc: { name: "calls", hosts: ["grpc.example.com"] },
} as const;

describe("a GRPCRoute", () => {
  const specOf = async (name: string, more: object = {}) =>
    only(await record(() => new Traffic(name, { ...args, ...more })), "GRPCRoute").inputs as Manifest;

  it("has the weights of the HTTPRoute, and leads to the ports for gRPC", async () => {
    const { metadata, spec } = await specOf("g-weights");
    expect(metadata).to.include({ name: "calls", namespace: "ml" });
    expect(spec).to.deep.equal({
      parentRefs: [{ name: "gw", namespace: "gw-system", sectionName: "http" }],
      hostnames: ["grpc.example.com"],
      rules: [
        {
          backendRefs: [
            { name: "v1", port: 8001, weight: 995 },
            { name: "v2", port: 9001, weight: 5 },
          ],
        },
      ],
    });
  });

  it("sends calls with the canary's metadata to the canary", async () => {
    const { spec } = await specOf("g-header", { canaryHeader: { name: "X-Model-Version", value: "v2" } });
    expect(spec.rules[0]).to.deep.equal({
      matches: [{ headers: [{ type: "Exact", name: "X-Model-Version", value: "v2" }] }],
      backendRefs: [{ name: "v2", port: 9001, weight: 1 }],
    });
  });

  it("limits the rate of calls, and neither buffers nor repeats them", async () => {
    const limits = { rateLimit: { requestsPerSecond: 5 }, bodyLimit: "1Mi" };
    const { spec } = await specOf("g-limits", limits);
    expect(spec.rules[0].filters.map((filter: Manifest) => filter.extensionRef.name)).to.deep.equal([
      "g-limits-grpc-rate-limit-auto",
    ]);
    const made = await record(
      () => new Traffic("g-envoy", { ...args, ...limits, gateway: { ...gateway, implementation: "envoy-gateway" } }),
    );
    const policies = made
      .filter(({ type }) => type.endsWith("BackendTrafficPolicy"))
      .map(({ inputs }) => inputs["spec"] as Manifest);
    const forCalls = policies.find((policy) => policy.targetRefs[0].kind === "GRPCRoute");
    expect(policies).to.have.length(2);
    expect(forCalls).to.have.property("rateLimit");
    expect(forCalls).to.not.have.any.keys("requestBuffer", "retry");
  });

  it("is rejected where a gateway has none", () => {
    const nginx = { api: "Ingress", implementation: "ingress-nginx", ingressClassName: "nginx" } as const;
    expect(() => new Traffic("g-nginx", { ...args, gateway: nginx })).to.throw("an Ingress has one protocol");
  });

  it("is not made unless it is asked for", async () => {
    const made = await record(() => new Traffic("g-none", { ...args, grpc: undefined }));
    expect(made.filter(({ type }) => type.endsWith("GRPCRoute"))).to.deep.equal([]);
  });
});
