import { expect } from "chai";
import { readSettings } from "../../apps/inference/settings.ts";
import { defaults } from "../../components/defaults/defaults.ts";
import { bytes } from "../../components/kubernetes/quantity.ts";
import { checkStack } from "../../config/index.ts";

const INGRESS = { api: "Ingress", implementation: "ingress-nginx", ingressClassName: "nginx" };
const ROUTE = { name: "gw", namespace: "gw-system", implementation: "traefik" };

function stack(version: object, more: object = {}) {
  return {
    environment: "test",
    namespace: { name: "ml" },
    images: { inference: "i:1", trainer: "t:1" },
    storage: { models: { size: "1Gi" } },
    gateway: ROUTE,
    models: [{ model: "iris", versions: [{ version: "1", ...version }], traffic: { stable: "1" } }],
    ...more,
  };
}

function withLimit(bodyLimit: string, version: object = {}, more: object = {}) {
  const models = [{ model: "iris", versions: [{ version: "1", ...version }], traffic: { stable: "1", bodyLimit } }];
  return checkStack({ ...stack(version), models, ...more });
}

const limitOf = (settings: object) => {
  const { stack: resolved, problems } = checkStack(settings);
  expect(problems).to.deep.equal([]);
  return { route: resolved?.models[0]?.traffic?.bodyLimit, front: resolved?.apiGateway?.bodyLimit };
};

describe("the longest request body", () => {
  it("is the same by default at the server and in front of it", () => {
    const server = readSettings({ MODEL_NAME: "iris", MODEL_VERSION: "1" }).maxBodyBytes;
    expect(bytes(defaults.version.bodyLimit)).to.equal(server);
    expect(defaults.apiGateway.bodyLimit).to.equal(defaults.version.bodyLimit);
  });

  it("is that of the server at an Ingress, whose controller has a smaller one of its own", () => {
    expect(limitOf(stack({}, { gateway: INGRESS })).route).to.equal("32Mi");
    const more = stack({ environment: { MAX_BODY_BYTES: "1073741824" } }, { gateway: INGRESS });
    expect(limitOf(more).route).to.equal("1Gi");
  });

  it("is the controller's where Traefik repeats requests, each with memory for the longest body", () => {
    const gateway = { ...INGRESS, implementation: "traefik" };
    expect(limitOf(stack({}, { gateway })).route).to.equal(undefined);
  });

  it("is left to the server by a route, whose gateway has none", () => {
    expect(limitOf(stack({})).route).to.equal(undefined);
  });

  it("follows the servers behind the API gateway", () => {
    const apiGateway = { routes: [{ path: "/predict", model: "iris", version: "1" }] };
    expect(limitOf(stack({}, { apiGateway })).front).to.equal("32Mi");
    expect(limitOf(stack({ environment: { MAX_BODY_BYTES: "2000" } }, { apiGateway })).front).to.equal("2000");
    expect(limitOf(stack({}, { apiGateway: { ...apiGateway, bodyLimit: "1Mi" } })).front).to.equal("1Mi");
  });

  it("is read from ConfigMaps, of which the last one counts, after the version's own variables", () => {
    const limit = (size: string) => ({ data: { MAX_BODY_BYTES: size } });
    const configMaps = { first: limit("1024"), second: limit("2048") };
    const more = { configMaps, gateway: INGRESS };
    expect(limitOf(stack({ configMaps: ["first", "second"] }, more)).route).to.equal("2Ki");
    const own = { configMaps: ["first"], environment: { MAX_BODY_BYTES: "4096" } };
    expect(checkStack(stack(own, more)).stack?.models[0]?.traffic?.bodyLimit).to.equal("4Ki");
  });

  it("must not be larger in front of the server than at the server", () => {
    expect(withLimit("32Mi").problems).to.deep.equal([]);
    expect(withLimit("64Mi").problems).to.deep.equal([
      {
        path: "models[0].traffic.bodyLimit",
        message:
          'is 64Mi, but version "1" of iris rejects bodies above 32Mi; lower it, or set environment.MAX_BODY_BYTES of the version to "67108864"',
      },
    ]);
    expect(withLimit("64Mi", { environment: { MAX_BODY_BYTES: "67108864" } }).problems).to.deep.equal([]);
    expect(withLimit("64Mi", { image: "own:1", container: { metricsPort: false } }).problems).to.deep.equal([]);
  });

  it("must not be larger at the API gateway than at the servers", () => {
    const routes = [{ path: "/predict", model: "iris", version: "1" }];
    const { problems } = checkStack(stack({}, { apiGateway: { routes, bodyLimit: "1Gi" } }));
    expect(problems.map(({ path }) => path)).to.deep.equal(["apiGateway.bodyLimit"]);
  });
});
