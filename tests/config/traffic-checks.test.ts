import { expect } from "chai";
import { ConfigError, validateConfig } from "../../config/index.ts";
import { problemsOf } from "./support.ts";

type Settings = Readonly<Record<string, unknown>>;

const HTTP_ROUTE = { name: "gw", namespace: "gw-system", implementation: "traefik" };
const INGRESS = { api: "Ingress", ingressClassName: "nginx", implementation: "traefik" };
const NGINX = { ...INGRESS, implementation: "ingress-nginx" };
const route = (implementation: string) => ({ ...HTTP_ROUTE, implementation });

/** A model with two versions and its traffic. */
function model(name: string, traffic: Settings, second: Settings = {}) {
  return {
    model: name,
    versions: [{ version: "1" }, { version: "2", ...second }],
    traffic: { stable: "1", canary: "2", ...traffic },
  };
}

function problems(gateway: unknown, models: unknown[], more: Settings = {}): string[] {
  const config = {
    environment: "test",
    images: { inference: "inference:1", trainer: "trainer:1" },
    namespace: { name: "ml" },
    storage: { models: { size: "1Gi" } },
    secrets: { keys: { data: { API_KEY: { random: {} } } } },
    gateway,
    models,
    ...more,
  };
  try {
    validateConfig(config, "Pulumi.test.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").map((line) => line.replace(/^\S+ /, ""));
    throw error;
  }
  return [];
}

const header = { name: "X-Model-Version", value: "v2" };
const CERTIFICATE = "the certificate belongs to the Gateway's HTTPS listener; set it there";

describe("traffic that a gateway does not support", () => {
  const mistakes: [string, unknown, Settings, string][] = [
    [
      "a timeout on a route of Traefik",
      HTTP_ROUTE,
      { timeoutSeconds: 30 },
      "timeoutSeconds: is not supported by traefik with HTTPRoute: it accepts the timeouts of an HTTPRoute and ignores them; leave it out, or use gateway.api Ingress",
    ],
    [
      "a mirror with Traefik's Ingress",
      INGRESS,
      { mirror: { version: "2" } },
      "mirror: is not supported by traefik with Ingress: it has no mirror annotation; leave it out, or use gateway.api HTTPRoute",
    ],
    [
      "a share of mirrored requests at ingress-nginx",
      NGINX,
      { mirror: { version: "2", percent: 50 } },
      "mirror.percent: is not supported by ingress-nginx with Ingress: it copies every request or none; leave it out",
    ],
    [
      "a mirror under a path prefix at ingress-nginx",
      NGINX,
      { path: "/iris", mirror: { version: "2" } },
      "mirror: is not supported by ingress-nginx with Ingress under the path /iris: it copies requests without removing the prefix; give the model its own host",
    ],
    [
      "a rate limit at Istio",
      route("istio"),
      { rateLimit: {} },
      "rateLimit: is not supported by istio with HTTPRoute: it limits rates only through an EnvoyFilter that you write yourself; leave it out, or use another gateway",
    ],
    [
      "a body limit at Istio",
      route("istio"),
      { bodyLimit: "10Mi" },
      "bodyLimit: is not supported by istio with HTTPRoute: it limits bodies only through an EnvoyFilter that you write yourself; leave it out: the server has its own limit",
    ],
    ...["traefik", "envoy-gateway", "istio", "kgateway"].map((implementation): [string, unknown, Settings, string] => [
      `a certificate on a route of ${implementation}`,
      route(implementation),
      { tls: { secretName: "tls" } },
      `tls.secretName: is not supported by ${implementation} with HTTPRoute: ${CERTIFICATE}`,
    ]),
    [
      "a redirect without the two listeners",
      { ...HTTP_ROUTE, sectionName: "https" },
      { tls: { redirect: true } },
      "tls.redirect: needs gateway.sectionName, the HTTPS listener, and gateway.httpSectionName, the HTTP one",
    ],
    ["no setting under tls", INGRESS, { tls: {} }, "tls: takes redirect, secretName or both"],
    ["a size without a unit", HTTP_ROUTE, { bodyLimit: "10" }, "bodyLimit: must be a size such as 512Ki or 10Mi"],
    [
      "a path that ends with a slash",
      HTTP_ROUTE,
      { path: "/iris/" },
      "path: must start with '/', not end with '/', contain only letters, digits and . _ ~ - between, and have no part '.' or '..'",
    ],
    [
      "a mirror of a version that is not there",
      HTTP_ROUTE,
      { mirror: { version: "7" } },
      'mirror.version: model "a" has no version "7"; there is "1", "2"',
    ],
    [
      "a mirror of the stable version",
      HTTP_ROUTE,
      { mirror: { version: "1" } },
      "mirror.version: is the stable version; name another one",
    ],
  ];
  for (const [what, gateway, traffic, message] of mistakes) {
    it(`rejects ${what} with exactly one line`, () => {
      expect(problems(gateway, [model("a", traffic)])).to.deep.equal([`models[0].traffic.${message}`]);
    });
  }

  it("is accepted for gateways that support it", () => {
    const limits = { rateLimit: { requestsPerSecond: 100 }, bodyLimit: "10Mi", retries: { attempts: 3 } };
    const timeouts = { timeoutSeconds: 30 };
    const mirror = { mirror: { version: "2", percent: 10 } };
    const redirect = { tls: { redirect: true } };
    const listeners = { sectionName: "https", httpSectionName: "http" };
    const right: [unknown, Settings][] = [
      [HTTP_ROUTE, { ...limits, ...mirror }],
      [{ ...HTTP_ROUTE, ...listeners }, redirect],
      [route("envoy-gateway"), { ...limits, ...timeouts, ...mirror }],
      [route("kgateway"), { ...limits, ...timeouts, ...mirror }],
      [route("istio"), { ...timeouts, ...mirror }],
      [INGRESS, { ...limits, ...timeouts, tls: { redirect: true, secretName: "tls" } }],
      [NGINX, { ...limits, ...timeouts, mirror: { version: "2" }, tls: { redirect: false, secretName: "tls" } }],
    ];
    for (const [gateway, traffic] of right) expect(problems(gateway, [model("a", traffic)])).to.deep.equal([]);
  });

  it("rejects a gateway that does not implement the API", () => {
    const [problem, ...more] = problems({ ...INGRESS, implementation: "istio" }, [model("a", {})]);
    expect(more).to.deep.equal([]);
    expect(problem).to.match(/^gateway\.implementation: .*"traefik"\|"ingress-nginx"/);
  });

  it("lists the APIs", () => {
    expect(problems({ ...INGRESS, api: "Routes" }, [model("a", {})])).to.deep.equal([
      "gateway.api: must be HTTPRoute or Ingress",
    ]);
  });
});

describe("pods that receive traffic", () => {
  const none = (weight: number) => problems(HTTP_ROUTE, [model("a", { canaryWeight: weight }, { replicas: 0 })]);

  it("must exist before their version gets a share, and may be removed once the share is 0", () => {
    expect(none(25)).to.deep.equal([
      'models[0].versions[1].replicas: is 0, but models[0].traffic sends 25 % of the requests to version "2"; move the weight first',
    ]);
    expect(none(0)).to.deep.equal([]);
  });

  it("are required by the stack's weight if the model sets none", () => {
    const models = [model("a", {}, { replicas: 0 })];
    expect(problems(HTTP_ROUTE, models, { canaryWeight: 10 })).to.have.length(1);
  });
});

describe("models whose routes overlap", () => {
  it("are rejected if they have the same path on the same host, or on all hosts", () => {
    const hosts = ["ml.example.com"];
    expect(problems(HTTP_ROUTE, [model("a", { hosts }), model("b", { hosts })])).to.deep.equal([
      'models[1].traffic.path: "ml.example.com/" is already given at models[0].traffic.path',
    ]);
    expect(problems(HTTP_ROUTE, [model("a", { hosts }), model("b", { hosts: ["b.example.com"] })])).to.deep.equal([]);
  });

  it("are rejected if Traefik would put a header rule for all hosts before a rule for one host", () => {
    const models = [model("a", { canaryHeader: header }), model("b", { hosts: ["b.example.com"] })];
    const message =
      "models[0].traffic.canaryHeader: Traefik would put this rule before the one of models[1].traffic for b.example.com/; give the model its own host";
    expect(problems(HTTP_ROUTE, models)).to.deep.equal([message]);
    expect(problems(INGRESS, models)).to.deep.equal([message]);
    expect(problems(route("envoy-gateway"), models)).to.deep.equal([]);
  });

  it("are rejected if Traefik's Ingress would put a header rule before a longer path", () => {
    const models = [model("a", { canaryHeader: header }), model("b", { path: "/iris" })];
    expect(problems(INGRESS, models)).to.deep.equal([
      "models[0].traffic.canaryHeader: Traefik would put this rule before the one of models[1].traffic for /iris; give the model its own host",
    ]);
    expect(problems(HTTP_ROUTE, models)).to.deep.equal([]);
    expect(problems(NGINX, models)).to.deep.equal([]);
  });
});

describe("API gateway and network policies", () => {
  const models = [model("a", {})];
  const mistakes: [Settings, string][] = [
    [{ apiGateway: { routes: [] } }, "apiGateway.routes: needs at least one route"],
    [
      { apiGateway: { routes: [{ path: "/predict", model: "b", version: "1" }] } },
      'apiGateway.routes[0].model: there is no model "b"; there is "a"',
    ],
    [
      { apiGateway: { routes: [{ path: "/predict", model: "a", version: "3" }] } },
      'apiGateway.routes[0].version: model "a" has no version "3"; there is "1", "2"',
    ],
    [
      { apiGateway: { routes: [{ path: "/health", model: "a", version: "1" }] } },
      "apiGateway.routes[0].path: /health is answered by the gateway itself; choose another path",
    ],
    [
      { apiGateway: { routes: [{ path: "/a/", model: "a", version: "1", target: "/v2" }] } },
      "apiGateway.routes[0].target: must end with / if the path does (/a/), and only then",
    ],
    [
      { apiGateway: { routes: [{ path: "/a{b}", model: "a", version: "1" }] } },
      "apiGateway.routes[0].path: must start with '/' and have only letters, digits and . _ ~ : - / after it",
    ],
    [
      { apiGateway: { routes: [1, 2].map((version) => ({ path: "/predict", model: "a", version: `${version}` })) } },
      'apiGateway.routes[1].path: "/predict" is already given at apiGateway.routes[0].path',
    ],
    [
      {
        apiGateway: {
          routes: [{ path: "/predict", model: "a", version: "1" }],
          apiKey: { secret: "keys", key: "TOKEN" },
        },
      },
      'apiGateway.apiKey.key: secret "keys" has no key "TOKEN"; there is "API_KEY"',
    ],
    [
      { networkPolicies: { enabled: true, servingNames: { iris: "iris-netpol" } } },
      'networkPolicies.servingNames.iris: there is no model "iris"; there is "a"',
    ],
    [
      { monitoring: { namespace: "monitoring", alerts: { errorRatio: 5 } } },
      "monitoring.alerts.errorRatio: Too big: expected number to be <=1",
    ],
  ];
  for (const [settings, message] of mistakes) {
    it(`says exactly what is wrong: ${message}`, () => {
      expect(problems(HTTP_ROUTE, models, settings)).to.deep.equal([message]);
    });
  }
});

describe("a route's path", () => {
  const problems = (path: string) =>
    problemsOf({
      models: [{ model: "iris", versions: [{ version: "1" }], traffic: { stable: "1", path } }],
      gateway: { name: "gw", namespace: "gw-system", implementation: "traefik" },
    }).filter((line) => line.includes("traffic.path"));

  it("has no part . or .., which gateways refuse", () => {
    for (const path of ["/a/../b", "/./a", "/a/..", "/.", "/.."]) expect(problems(path), path).to.have.length(1);
    for (const path of ["/", "/a..b/c", "/.a/..b", "/a/...", "/a./b"]) expect(problems(path), path).to.deep.equal([]);
  });
});
