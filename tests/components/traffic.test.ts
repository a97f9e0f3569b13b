import { expect } from "chai";
import { Traffic, type TrafficArgs } from "../../components/index.ts";
import { only, record } from "./recorder.ts";

const args: TrafficArgs = {
  namespace: "ml",
  gateway: { name: "gw", namespace: "gw-system", implementation: "traefik" },
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
    it(`splits ${weight} % to the canary; both versions stay in the route, so a flip changes weights only`, async () => {
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

  it("retries on another pod by default, and not where that is turned off", async () => {
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

  it("cuts a path prefix off before the request reaches the server", async () => {
    const [rule] = await rules({ path: "/iris", retries: false, canary: undefined, canaryWeight: 0 }, "t-path");
    expect(rule.matches).to.deep.equal([{ path: { type: "PathPrefix", value: "/iris" } }]);
    expect(rule.filters).to.deep.equal([
      { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
    ]);
  });

  it("refuses weights outside 0–100, and a weight without a canary", () => {
    expect(() => new Traffic("t-101", { ...args, canaryWeight: 101 })).to.throw(
      "whole percentage from 0 to 100, is 101",
    );
    expect(() => new Traffic("t-none", { ...args, canary: undefined })).to.throw("no canary to send traffic to");
  });
});
