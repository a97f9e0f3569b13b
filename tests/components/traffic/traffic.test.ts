import { expect } from "chai";
import { Traffic, type TrafficArgs } from "../../../components/index.ts";
import { only, record } from "../recorder.ts";

const GATEWAY = { name: "gw", namespace: "gw-system", implementation: "traefik" } as const;
const args: TrafficArgs = {
  namespace: "ml",
  gateway: GATEWAY,
  stable: { service: "v1", port: 80 },
  canary: { service: "v2", port: 80 },
  canaryWeight: 25,
};

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

async function rules(some: Partial<TrafficArgs>, name: string): Promise<Manifest[]> {
  const made = await record(() => new Traffic(name, { ...args, ...some }));
  return (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
}

describe("Traffic", () => {
  for (const [weight, shares] of [
    [0, [100, 0]],
    [25, [75, 25]],
    [100, [0, 100]],
  ] as const) {
    it(`sends ${weight} % to the canary; both versions stay in the route, so a change of share changes only weights`, async () => {
      const [rule] = await rules({ canaryWeight: weight }, `t-weight-${weight}`);
      expect(rule.backendRefs).to.deep.equal([
        { name: "v1", port: 80, weight: shares[0] },
        { name: "v2", port: 80, weight: shares[1] },
      ]);
    });
  }

  it("sends requests with the header to the canary, whatever the weight", async () => {
    const canaryHeader = { name: "X-Model-Version", value: "v2" };
    const [header, weights] = await rules({ canaryWeight: 0, canaryHeader }, "t-header");
    expect(header.matches[0].headers).to.deep.equal([{ type: "Exact", name: "X-Model-Version", value: "v2" }]);
    expect(header.backendRefs).to.deep.equal([{ name: "v2", port: 80, weight: 1 }]);
    expect(weights.matches[0]).to.not.have.property("headers");
  });

  it("retries on another pod by default, unless retries are turned off", async () => {
    const made = await record(() => new Traffic("t-retry", args));
    expect(only(made, "Middleware").inputs["spec"]).to.deep.equal({
      retry: { attempts: 8, status: ["502"], retryNonIdempotentMethod: true },
    });
    const [rule] = (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
    expect(rule.filters[0].extensionRef).to.deep.equal({
      group: "traefik.io",
      kind: "Middleware",
      name: "t-retry-retry-auto",
    });
    const without = await record(() => new Traffic("t-once", { ...args, retries: false }));
    expect(without.map(({ type }) => type.split(":").at(-1))).to.not.include("Middleware");
  });

  it("removes a path prefix before the request reaches the server", async () => {
    const [rule] = await rules({ path: "/iris", retries: false, canary: undefined, canaryWeight: 0 }, "t-path");
    expect(rule.matches).to.deep.equal([{ path: { type: "PathPrefix", value: "/iris" } }]);
    expect(rule.filters).to.deep.equal([
      { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
    ]);
  });

  it("rejects weights outside 0–100, a weight without a canary, and settings that the gateway would ignore", () => {
    expect(() => new Traffic("t-101", { ...args, canaryWeight: 101 })).to.throw(
      "percentage from 0 to 100 with at most 4 decimals, is 101",
    );
    expect(() => new Traffic("t-none", { ...args, canary: undefined })).to.throw("no canary to send traffic to");
    expect(() => new Traffic("t-ignored", { ...args, timeoutSeconds: 30 })).to.throw("is not supported by traefik");
  });

  it("limits rate and body size with Traefik's Middlewares, which a request passes before it is retried", async () => {
    const limits = { rateLimit: {}, bodyLimit: "10Mi" };
    const made = await record(() => new Traffic("t-limits", { ...args, ...limits }));
    const specs = made.filter(({ type }) => type.endsWith(":Middleware")).map(({ inputs }) => inputs["spec"]);
    expect(specs).to.have.deep.members([
      { rateLimit: { average: 100, period: "1s", burst: 500 } },
      { buffering: { maxRequestBodyBytes: 10_485_760 } },
      { retry: { attempts: 8, status: ["502"], retryNonIdempotentMethod: true } },
    ]);
    const [rule] = (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
    expect(rule.filters.map((filter: Manifest) => filter.extensionRef.name)).to.deep.equal([
      "t-limits-rate-limit-auto",
      "t-limits-body-limit-auto",
      "t-limits-retry-auto",
    ]);
  });

  it("mirrors with a TraefikService that replaces the stable version's Service under the same name", async () => {
    const mirror = { backend: { service: "v3", port: 80 }, percent: 10 };
    const made = await record(() => new Traffic("t-mirror", { ...args, mirror }));
    const { metadata, spec }: Manifest = only(made, "TraefikService").inputs;
    const kinds = made.map(({ type }) => type.split(":").at(-1));
    expect(kinds.indexOf("TraefikService"), "made before the route").to.be.below(kinds.indexOf("HTTPRoute"));
    expect(metadata.name).to.equal("v1");
    expect(spec.mirroring).to.deep.equal({
      name: "v1",
      port: 80,
      mirrors: [{ name: "v3", port: 80, percent: 10 }],
    });
    const [rule] = (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
    expect(rule.backendRefs).to.deep.equal([
      { group: "traefik.io", kind: "TraefikService", name: "v1", weight: 75 },
      { name: "v2", port: 80, weight: 25 },
    ]);
  });

  it("redirects HTTP to HTTPS on the HTTP listener, and attaches the route to the HTTPS listener", async () => {
    const gateway = { ...GATEWAY, sectionName: "https", httpSectionName: "http" };
    const made = await record(() => new Traffic("t-redirect", { ...args, gateway, tls: { redirect: true } }));
    const routes = made.filter(({ type }) => type.endsWith(":HTTPRoute"));
    const byListener = Object.fromEntries(
      routes.map(({ inputs }) => {
        const { parentRefs, rules }: Manifest = inputs["spec"];
        return [parentRefs[0].sectionName, rules];
      }),
    );
    expect(byListener["http"][0].filters).to.deep.equal([
      { type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } },
    ]);
    expect(byListener["https"][0].backendRefs).to.have.length(2);
  });

  for (const implementation of ["envoy-gateway", "istio", "kgateway"] as const) {
    it(`writes timeouts and mirrors into the route, and no retries unasked, for ${implementation}`, async () => {
      const made = await record(
        () =>
          new Traffic(`t-${implementation}`, {
            ...args,
            gateway: { ...GATEWAY, implementation },
            timeoutSeconds: 30,
            mirror: { backend: { service: "v3", port: 80 } },
          }),
      );
      const [rule] = (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
      expect(rule).to.not.have.property("retry");
      expect(rule.timeouts).to.deep.equal({ request: "30s" });
      expect(rule.filters).to.deep.equal([
        { type: "RequestMirror", requestMirror: { backendRef: { name: "v3", port: 80 } } },
      ]);
    });
  }

  it("writes retries into the route for istio if they are asked for, and into policies for the others", async () => {
    const objects = async (
      implementation: "envoy-gateway" | "istio" | "kgateway",
      retries?: { attempts: number } | false,
    ) =>
      record(
        () =>
          new Traffic(`t-retries-${implementation}-${JSON.stringify(retries)}`, {
            ...args,
            gateway: { ...GATEWAY, implementation, ...(implementation === "istio" ? { routeRetries: true } : {}) },
            ...(retries === undefined ? {} : { retries }),
          }),
      );
    const istio = only(await objects("istio", { attempts: 3 }), "HTTPRoute").inputs["spec"] as Manifest;
    expect(istio.rules[0].retry).to.deep.equal({ codes: [502, 503], attempts: 2 });
    const envoy = only(await objects("envoy-gateway"), "BackendTrafficPolicy").inputs["spec"] as Manifest;
    expect(envoy.retry).to.deep.equal({
      numRetries: 7,
      retryOn: { triggers: ["connect-failure", "reset", "retriable-status-codes"], httpStatusCodes: [502, 503] },
    });
    const kgateway = only(await objects("kgateway"), "TrafficPolicy").inputs["spec"] as Manifest;
    expect(kgateway.retry).to.deep.equal({
      attempts: 7,
      retryOn: ["connect-failure", "reset"],
      statusCodes: [502, 503],
    });
    expect((await objects("kgateway", false)).map(({ type }) => type)).to.not.include("TrafficPolicy");
  });

  for (const [implementation, kind, spec] of [
    [
      "envoy-gateway",
      "BackendTrafficPolicy",
      {
        rateLimit: { type: "Local", local: { rules: [{ limit: { requests: 50, unit: "Second" } }] } },
        requestBuffer: { limit: "10Mi" },
      },
    ],
    [
      "kgateway",
      "TrafficPolicy",
      {
        rateLimit: { local: { tokenBucket: { maxTokens: 100, tokensPerFill: 50, fillInterval: "1s" } } },
        buffer: { maxRequestSize: "10Mi" },
      },
    ],
  ] as const) {
    it(`limits rate and body size with the ${kind} of ${implementation}, attached to the route`, async () => {
      const made = await record(
        () =>
          new Traffic(`t-limits-${implementation}`, {
            ...args,
            gateway: { ...GATEWAY, implementation },
            retries: false,
            rateLimit: { requestsPerSecond: 50, burstMultiplier: 2 },
            bodyLimit: "10Mi",
          }),
      );
      expect(only(made, kind).inputs["spec"]).to.deep.equal({
        targetRefs: [
          { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: `t-limits-${implementation}-auto` },
        ],
        ...spec,
      });
    });
  }
});
