import { expect } from "chai";
import { checkStack } from "../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "./support.ts";

/** A stack with one version of one model. */
const withVersion = (version: Settings, more: Settings = {}): Settings => ({
  models: [{ model: "iris", versions: [{ version: "1", ...version }] }],
  ...more,
});

const noticesOf = (settings: Settings) => checkStack(stackWith(settings)).warnings;

describe("a disruption budget", () => {
  const path = "models[0].versions[0].disruptionBudget";
  const hangs = "so none can ever be evicted, and every node drain hangs";
  const autoscaling = { minReplicas: 2, maxReplicas: 4 };
  const budgets: [string, Settings, string[]][] = [
    [
      "keeps all",
      { replicas: 2, disruptionBudget: { minAvailable: 2 } },
      [`${path}.minAvailable: keeps 2 of 2 pods, ${hangs}; lower it, or have more pods`],
    ],
    [
      "keeps a share that is rounded up to all",
      { replicas: 2, disruptionBudget: { minAvailable: "51%" } },
      [`${path}.minAvailable: keeps 2 of 2 pods, ${hangs}; lower it, or have more pods`],
    ],
    [
      "lets none go",
      { replicas: 9, disruptionBudget: { maxUnavailable: "0%" } },
      [`${path}.maxUnavailable: lets none of 9 pods go, ${hangs}; raise it`],
    ],
    [
      "keeps the autoscaler's most",
      { autoscaling, disruptionBudget: { minAvailable: 4 } },
      [`${path}.minAvailable: keeps 4 of 4 pods, ${hangs}; lower it, or have more pods`],
    ],
    ["lets one go", { replicas: 2, disruptionBudget: { minAvailable: 1 } }, []],
    ["lets a share go that is rounded up to one", { replicas: 2, disruptionBudget: { maxUnavailable: "1%" } }, []],
    ["has no pods", { replicas: 0, disruptionBudget: { minAvailable: 1 } }, []],
  ];
  for (const [what, version, problems] of budgets) {
    it(`that ${what} is ${problems.length === 0 ? "accepted" : "rejected"}`, () => {
      expect(problemsOf(withVersion(version))).to.deep.equal(problems);
    });
  }

  it("that keeps the autoscaler's fewest pods is pointed out, for the API gateway as well", () => {
    const budget = { autoscaling, disruptionBudget: { minAvailable: 2 } };
    const routes = [{ path: "/predict", model: "iris", version: "1" }];
    const message =
      "keeps 2 of 2 pods, so none can be evicted while the autoscaler is at its minimum; lower it, or have more pods";
    expect(noticesOf(withVersion(budget, { apiGateway: { routes, ...budget } }))).to.deep.equal([
      `${path}.minAvailable: ${message}`,
      `apiGateway.disruptionBudget.minAvailable: ${message}`,
    ]);
  });
});

describe("labels", () => {
  it("that pods are selected by, or that the program sets, are rejected", () => {
    const labels = { app: "x", component: "api", model: "m", "app.kubernetes.io/part-of": "us", team: "risk" };
    expect(problemsOf(withVersion({ labels }))).to.deep.equal([
      'models[0].versions[0].labels.app: is "x", but the version\'s selector wants app=iris of its pods; choose another label, or set selector',
      "models[0].versions[0].labels.component: is always model-server, because network policies and tools select by it; choose another label",
      "models[0].versions[0].labels.app.kubernetes.io/part-of: is always ml-platform, because network policies and tools select by it; choose another label",
      "models[0].versions[0].labels.model: is a label that the program sets itself (it is the model's name); leave it out",
    ]);
  });

  it("are free where the selector is the version's own", () => {
    expect(problemsOf(withVersion({ selector: { run: "it" }, labels: { version: "blue" } }))).to.deep.equal([]);
  });

  it("of a model must not make its pods the API gateway's", () => {
    const apiGateway = { name: "iris", routes: [{ path: "/predict", model: "iris", version: "1" }] };
    expect(problemsOf(withVersion({ service: { name: "s" }, name: "d" }, { apiGateway }))).to.deep.equal([
      "apiGateway.name: app=iris also selects the pods of d (models[0].versions[0]); choose another name",
    ]);
  });
});

describe("environment variables", () => {
  it("that the program sets are rejected wherever they come from, unless they say the same", () => {
    const settings = {
      configMaps: { shared: { data: { MODEL_NAME: "iris", PORT: "1" } } },
      secrets: { keys: { data: { MODEL_DIR: { random: {} } } } },
      training: {
        jobs: [{ name: "t", task: "iris", model: "iris", environment: { RUN_ID: "1", MODELS_DIR: "/tmp" } }],
      },
    };
    const version = {
      configMaps: ["shared"],
      secrets: ["keys"],
      environment: { MODEL_VERSION: "1", DRAIN_SECONDS: "9" },
    };
    expect(problemsOf(withVersion(version, settings))).to.deep.equal([
      'models[0].versions[0].environment.DRAIN_SECONDS: is set by the program to "5"; leave it out, or change rollout.drainSeconds',
      'models[0].versions[0].configMaps[0]: ConfigMap "shared" has PORT, which is set by the program to "8080"; leave it out, or change container.port',
      'models[0].versions[0].secrets[0]: secret "keys" has MODEL_DIR, which is set by the program to "/models"; leave it out',
      "training.jobs[0].environment.RUN_ID: is set by the program; leave it out",
      "training.jobs[0].environment.MODELS_DIR: is set by the program; leave it out",
    ]);
  });

  it("that a load test sets are rejected", () => {
    const loadTest = { model: "iris", secretEnvironment: { URL: { secret: "keys", key: "URL" } } };
    const secrets = { keys: { data: { URL: { random: {} } } } };
    expect(problemsOf(withVersion({}, { secrets, loadTest }))).to.deep.equal([
      "loadTest.secretEnvironment.URL: is set by the program; leave it out",
    ]);
  });

  it("that are plain and from a Secret are rejected", () => {
    const secrets = { keys: { data: { TOKEN: { random: {} } } } };
    const version = { environment: { TOKEN: "t" }, secretEnvironment: { TOKEN: { secret: "keys", key: "TOKEN" } } };
    expect(problemsOf(withVersion(version, { secrets }))).to.deep.equal([
      "models[0].versions[0].environment.TOKEN: is also at models[0].versions[0].secretEnvironment.TOKEN; keep one",
    ]);
  });

  it("that a later ConfigMap sets to something else are pointed out", () => {
    const configMaps = { a: { data: { LEVEL: "info", SAME: "1" } }, b: { data: { LEVEL: "debug", SAME: "1" } } };
    expect(noticesOf(withVersion({ configMaps: ["a", "b"] }, { configMaps }))).to.deep.equal([
      'models[0].versions[0].configMaps[1]: ConfigMap "b" overrides LEVEL of ConfigMap "a"',
    ]);
  });
});

describe("volumes", () => {
  const storage = (accessMode: string) => ({ storage: { models: { size: "1Gi", accessMode } } });
  const alone = { rollout: { maxSurge: 0, maxUnavailable: 1 } };

  it("for one pod carry one pod, and no more while it is replaced", () => {
    expect(problemsOf(withVersion(alone, storage("ReadWriteOncePod")))).to.deep.equal([]);
    const path = "storage.models.accessMode: ReadWriteOncePod lets one pod use the volume, and the pods of";
    expect(problemsOf(withVersion({}, storage("ReadWriteOncePod")))).to.deep.equal([
      `${path} iris-v1 (1 + 1) may run; take ReadWriteMany`,
    ]);
    const training = { jobs: [{ name: "t", task: "iris", model: "iris" }] };
    expect(problemsOf(withVersion(alone, { ...storage("ReadWriteOncePod"), training }))).to.deep.equal([
      `${path} iris-v1 (1), t (1) may run; take ReadWriteMany`,
    ]);
  });

  it("are not those of servers that do not mount them", () => {
    const own = { image: "server:1", modelsPath: false, replicas: 4 };
    expect(problemsOf(withVersion(own, storage("ReadWriteOncePod")))).to.deep.equal([]);
  });

  it("that nobody can write are rejected", () => {
    expect(problemsOf(storage("ReadOnlyMany"))).to.deep.equal([
      "storage.models.accessMode: ReadOnlyMany can never be written, and the init Job lays the volume out; take ReadWriteMany",
    ]);
  });

  it("for one node are pointed out unless one node is named, and rejected if pods must be apart", () => {
    const once = storage("ReadWriteOnce");
    expect(noticesOf(withVersion(alone, once))).to.deep.equal([]);
    expect(noticesOf(withVersion({ replicas: 2 }, once))).to.deep.equal([
      "storage.models.accessMode: ReadWriteOnce attaches the volume to one node, and the pods of iris-v1 (2 + 1) all have to run there; take ReadWriteMany, or name one node by kubernetes.io/hostname in their nodeSelector",
    ]);
    const nodeSelector = { "kubernetes.io/hostname": "n1" };
    expect(noticesOf(withVersion({ replicas: 2, scheduling: { nodeSelector } }, once))).to.deep.equal([]);
    const topologySpread = [{ topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "DoNotSchedule" }];
    expect(problemsOf(withVersion({ replicas: 2, scheduling: { topologySpread } }, once))).to.deep.equal([
      "storage.models.accessMode: ReadWriteOnce attaches the volume to one node, and models[0].versions[0].scheduling.topologySpread[0] wants its pods on several; take ReadWriteMany",
    ]);
  });
});

describe("metrics", () => {
  const monitoring = { namespace: "monitoring" };
  const portsOf = (version: Settings) => {
    const [resolved] = checkStack(stackWith(withVersion(version, { monitoring }))).stack?.models[0]?.versions ?? [];
    return [resolved?.service, ...(resolved?.additionalServices ?? [])].map((service) => service?.metricsPort);
  };

  it("are at one Service of a version, the first that can have them", () => {
    expect(portsOf({ additionalServices: [{ name: "a" }, { name: "b" }] })).to.deep.equal([9090, false, false]);
    const balancer = { service: { type: "LoadBalancer" }, additionalServices: [{ name: "a" }, { name: "b" }] };
    expect(portsOf(balancer)).to.deep.equal([false, 9090, false]);
  });

  it("are not scraped twice, and pointed out if they are not scraped at all", () => {
    const twice = withVersion({ additionalServices: [{ name: "a", metricsPort: 9090 }] });
    expect(problemsOf({ ...twice, monitoring })).to.deep.equal([
      "models[0].versions[0].additionalServices[0].metricsPort: is scraped as well as models[0].versions[0].service.metricsPort, which doubles every counter; leave it out, or set it to false",
    ]);
    expect(problemsOf(twice)).to.deep.equal([]);
    expect(noticesOf(withVersion({ service: { metricsPort: false } }, { monitoring }))).to.deep.equal([
      "models[0].versions[0].service.metricsPort: is false, so Prometheus reads no metrics of the version",
    ]);
  });
});

describe("names", () => {
  const gateway = { name: "gw", namespace: "gw-system", implementation: "traefik" };
  const model = (name: string, traffic: Settings, version: Settings = {}) => ({
    model: name,
    versions: [{ version: "1", ...version }],
    traffic: { path: `/${name}`, stable: "1", ...traffic },
  });

  it("of routes, and those that other objects get without a name, are given once", () => {
    const models = [
      model("a", { name: "route" }),
      model("b", { name: "route" }),
      model("c", { name: "a" }),
      model("d", {}, { name: "c-v1" }),
    ];
    expect(problemsOf({ gateway, models })).to.deep.equal([
      'models[3].versions[0].name: "c-v1" is also what models[2].versions[0] is called without a name of its own; choose another name',
      'models[1].traffic.name: "route" is already given at models[0].traffic.name',
    ]);
    expect(problemsOf({ gateway, models: [model("a", {}), model("b", { name: "a" })] })).to.deep.equal([
      'models[1].traffic.name: "a" is also what models[0].traffic is called without a name of its own; choose another name',
    ]);
  });

  it("of Services are valid, made up or not", () => {
    const long = "a".repeat(53);
    expect(
      problemsOf({
        models: [
          { model: "2nd", versions: [{ version: "1" }] },
          { model: long, versions: [{ version: "1" }] },
        ],
      }),
    ).to.deep.equal([
      'models[0].versions[0].service.name: is missing, and the Service would be called "2nd-v1", which does not begin with a letter, as names of Services must; set it',
      `models[1].versions[0].service.name: is missing, and the Service would be called "${long}-v1", which has 56 characters, 54 at most; set it`,
    ]);
    expect(problemsOf(withVersion({ service: { name: "1st" } }))).to.deep.equal([
      "models[0].versions[0].service.name: must begin with a letter, as names of Services do",
    ]);
  });

  it("of the device plugin's namespace is not the stack's", () => {
    expect(problemsOf({ gpuPool: { devicePlugin: { namespace: "ml" } } })).to.deep.equal([
      "gpuPool.devicePlugin.namespace: is the stack's own namespace, whose Pod Security would be lifted for the plugin; leave it out for kube-system, or name another one",
    ]);
  });
});

describe("a container beside a version's own", () => {
  const withPort = (port: Settings) =>
    problemsOf(
      withVersion({
        container: { port: 9001 },
        pod: { spec: { containers: [{ name: "proxy", image: "proxy:1", ports: [port] }] } },
      }),
    );
  const line =
    /^models\[0\]\.versions\[0\]\.pod\.spec\.containers\[name=proxy\]\.ports\[containerPort=9001\]: is a port of the container/;

  it("must not listen on a port of that container, since a pod has one address", () => {
    expect(withPort({ containerPort: 9001 }).join("\n")).to.match(line);
    expect(withPort({ containerPort: 9002 }).join("\n")).not.to.match(/is a port of the container/);
    expect(withPort({ containerPort: 9001, protocol: "UDP" }).join("\n")).not.to.match(/is a port of the container/);
  });
});
