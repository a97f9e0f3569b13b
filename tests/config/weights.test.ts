import { expect } from "chai";
import { checkStack, sharesOf } from "../../config/index.ts";

const ROUTE = { name: "gw", namespace: "gw-system", implementation: "traefik" };

function check(traffic: object, { gateway = ROUTE, rollout }: { gateway?: object; rollout?: object } = {}) {
  const versions = ["1", "2", "3", "4"].map((version) => ({ version }));
  return checkStack({
    environment: "test",
    namespace: { name: "ml" },
    images: { inference: "i:1", trainer: "t:1" },
    storage: { models: { size: "1Gi" } },
    gateway,
    monitoring: { namespace: "monitoring", prometheus: "http://prometheus:9090" },
    models: [{ model: "iris", versions, traffic: { stable: "1", ...traffic }, ...(rollout && { rollout }) }],
  });
}

const lines = (...args: Parameters<typeof check>) =>
  check(...args).problems.map(({ path, message }) => `${path}: ${message}`);

describe("shares of a model's versions", () => {
  it("may be fractions of a percent, and of any number of versions", () => {
    const { stack, problems } = check({ canary: "2", canaryWeight: 0.5, weights: { "3": 5, "4": 0.0001 } });
    expect(problems).to.deep.equal([]);
    const traffic = stack?.models[0]?.traffic;
    expect(traffic && sharesOf(traffic)).to.deep.equal([
      ["1", 94.4999],
      ["2", 0.5],
      ["3", 5],
      ["4", 0.0001],
    ]);
    expect(lines({ weights: { "3": 5 } })).to.deep.equal([]);
  });

  it("are rejected with their place if they are too fine", () => {
    expect(lines({ canary: "2", canaryWeight: 0.00001 })).to.deep.equal([
      "models[0].traffic.canaryWeight: must have at most 4 decimals",
    ]);
    expect(lines({ weights: { "3": 0.33333 } })).to.deep.equal([
      "models[0].traffic.weights.3: must have at most 4 decimals",
    ]);
  });

  it("are rejected if they are more than all requests", () => {
    expect(lines({ canary: "2", canaryWeight: 60, weights: { "3": 40.5, "4": 1 } })).to.deep.equal([
      "models[0].traffic.weights: canaryWeight 60 + 40.5 + 1 = 101.5 %, more than all requests; lower them",
    ]);
  });

  it("are rejected for versions that have another one, or do not exist", () => {
    expect(lines({ canary: "2", canaryWeight: 1, weights: { "1": 1, "2": 1, "9": 1 } })).to.deep.equal([
      "models[0].traffic.weights.1: is the stable version, which gets the rest; leave it out",
      "models[0].traffic.weights.2: is the canary; set canaryWeight, and leave it out",
      'models[0].traffic.weights.9: model "iris" has no version "9"; there is "1", "2", "3", "4"',
    ]);
  });

  it("are rejected with an Ingress, and beside a rollout", () => {
    const gateway = { api: "Ingress", implementation: "ingress-nginx", ingressClassName: "nginx" };
    expect(lines({ weights: { "3": 1 } }, { gateway })).to.deep.equal([
      "models[0].traffic.weights: is not supported by ingress-nginx with Ingress: controllers accept one canary for a path; leave it out, or use gateway.api HTTPRoute",
    ]);
    expect(lines({ canary: "2", canaryWeight: 1, weights: { "3": 1 } }, { rollout: {} })).to.deep.equal([
      "models[0].traffic.weights: is not for a model with a rollout, which divides all requests between two versions; leave one out",
    ]);
  });

  it("are rejected for a version without pods", () => {
    const { problems } = checkStack({
      environment: "test",
      namespace: { name: "ml" },
      images: { inference: "i:1", trainer: "t:1" },
      storage: { models: { size: "1Gi" } },
      gateway: ROUTE,
      models: [
        {
          model: "iris",
          versions: [{ version: "1" }, { version: "2", replicas: 0 }],
          traffic: { stable: "1", weights: { "2": 0.5 } },
        },
      ],
    });
    expect(problems.map(({ path, message }) => `${path}: ${message}`)).to.deep.equal([
      'models[0].versions[1].replicas: is 0, but models[0].traffic sends 0.5 % of the requests to version "2"; move the weight first',
    ]);
  });

  it("rise in a rollout by fractions of a percent", () => {
    const rollout = { steps: [0.5, { percent: 2.5, approval: true }, 50] };
    const { stack, problems } = check({ canary: "2" }, { rollout });
    expect(problems).to.deep.equal([]);
    expect(stack?.models[0]?.rollout?.steps.map(({ percent }) => percent)).to.deep.equal([0.5, 2.5, 50]);
    for (const step of [0, 100, 0.00001])
      expect(lines({ canary: "2" }, { rollout: { steps: [step] } })).to.have.length(1);
  });
});
