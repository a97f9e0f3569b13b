import { expect } from "chai";
import fc from "fast-check";
import { Traffic } from "../../../components/traffic/traffic.ts";
import { isWeight, remainingPercent, wholeWeights } from "../../../components/traffic/weights.ts";
import { only, record } from "../recorder.ts";

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

const GATEWAY = { name: "gw", namespace: "gw-system", implementation: "traefik" } as const;
const NGINX = { api: "Ingress", implementation: "ingress-nginx", ingressClassName: "nginx" } as const;
const backend = (service: string) => ({ service, port: 80 });
const args = {
  namespace: "ml",
  gateway: GATEWAY,
  retries: false,
  stable: backend("v1"),
  canary: backend("v2"),
} as const;

/** Percents with up to four decimals. */
const percents = fc.integer({ min: 0, max: 1_000_000 }).map((parts) => parts / 10_000);

describe("weights", () => {
  it("are whole numbers in exactly the ratio of the percents, within the limit of the Gateway API", () => {
    const property = fc.property(percents, percents, (one, other) => {
      const rest = remainingPercent([one, other]);
      fc.pre(rest >= 0);
      const { weights, total } = wholeWeights([rest, one, other]);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).to.equal(total);
      expect(total).to.be.at.most(1_000_000);
      for (const [index, percent] of [rest, one, other].entries()) {
        expect(weights[index]).to.be.a("number").that.satisfies(Number.isInteger);
        expect(((weights[index] ?? 0) * 100) / total).to.be.closeTo(percent, 1e-9);
      }
    });
    fc.assert(property, { numRuns: 500, seed: 1 });
  });

  it("stay percents where all are whole", () => {
    expect(wholeWeights([75, 25])).to.deep.equal({ weights: [75, 25], total: 100 });
    expect(wholeWeights([99.5, 0.5])).to.deep.equal({ weights: [995, 5], total: 1000 });
    expect(remainingPercent([0.1, 0.2])).to.equal(99.7);
  });

  it("have at most four decimals", () => {
    expect([0, 0.5, 33.3333, 100].map(isWeight)).to.deep.equal([true, true, true, true]);
    expect([-1, 0.00001, 100.5, Number.NaN].map(isWeight)).to.deep.equal([false, false, false, false]);
  });
});

describe("a route with fractions and more versions", () => {
  const refs = async (name: string, more: object) => {
    const made = await record(() => new Traffic(name, { ...args, ...more }));
    const rules = (only(made, "HTTPRoute").inputs["spec"] as Manifest).rules;
    return rules[0].backendRefs.map(({ name: service, weight }: Manifest) => [service, weight]);
  };

  it("has weights of the same ratio", async () => {
    expect(await refs("w-half", { canaryWeight: 0.5 })).to.deep.equal([
      ["v1", 995],
      ["v2", 5],
    ]);
    const others = [
      { backend: backend("v3"), percent: 2.25 },
      { backend: backend("v4"), percent: 0 },
    ];
    expect(await refs("w-more", { canaryWeight: 10, others })).to.deep.equal([
      ["v1", 8775],
      ["v2", 1000],
      ["v3", 225],
      ["v4", 0],
    ]);
    expect(await refs("w-none", { canary: undefined, canaryWeight: 0, others: others.slice(0, 1) })).to.deep.equal([
      ["v1", 9775],
      ["v3", 225],
    ]);
  });

  it("is of an Ingress with the total of its weight", async () => {
    const made = await record(() => new Traffic("w-nginx", { ...args, gateway: NGINX, canaryWeight: 0.25 }));
    const canary = made.find(({ name }) => name === "w-nginx-canary")?.inputs["metadata"] as Manifest;
    expect(canary.annotations).to.include({
      "nginx.ingress.kubernetes.io/canary-weight": "25",
      "nginx.ingress.kubernetes.io/canary-weight-total": "10000",
    });
  });

  it("is rejected where the shares are more than all, too fine, or more than the gateway can have", () => {
    const others = [{ backend: backend("v3"), percent: 60 }];
    expect(() => new Traffic("w-over", { ...args, canaryWeight: 50, others })).to.throw("together are 110 %");
    expect(() => new Traffic("w-fine", { ...args, canaryWeight: 0.00001 })).to.throw("at most 4 decimals");
    expect(() => new Traffic("w-one", { ...args, gateway: NGINX, others })).to.throw("one canary for a path");
  });
});
