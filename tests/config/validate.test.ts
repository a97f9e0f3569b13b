import { expect } from "chai";
import { ConfigError, validateConfig } from "../../config/index.ts";

/** A minimal valid configuration with a canary. */
function minimal(): Record<string, unknown> {
  return {
    environment: "test",
    images: { inference: "inference:1", trainer: "trainer:1" },
    namespace: { name: "ml" },
    storage: { models: { size: "1Gi" } },
    gateway: { name: "gw", namespace: "gw-system", implementation: "traefik" },
    secrets: { keys: { data: { API_KEY: { random: {} } } } },
    models: [
      {
        model: "sentiment",
        versions: [{ version: "1" }, { version: "2" }],
        traffic: { stable: "1", canary: "2", canaryHeader: { name: "X-Model-Version", value: "v2" } },
      },
    ],
  };
}

/** Returns a configuration with another value at a path such as `models.0.versions.0.replicas`; undefined removes it. */
function change(path: string, value: unknown): unknown {
  const config = structuredClone(minimal());
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<unknown>((part, key) => Reflect.get(Object(part), key), config);
  if (value === undefined) Reflect.deleteProperty(Object(parent), last);
  else Reflect.set(Object(parent), last, value);
  return config;
}

function problems(config: unknown): string[] {
  try {
    validateConfig(config, "Pulumi.test.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n");
    throw error;
  }
  return [];
}

describe("stack configuration", () => {
  it("accepts a valid stack", () => {
    expect(problems(minimal())).to.deep.equal([]);
  });

  const mistakes: [string, unknown, string][] = [
    ["canaryWeight", 101, "canaryWeight: Too big: expected number to be <=100"],
    ["canaryWeight", 12.00005, "canaryWeight: must have at most 4 decimals"],
    ["canaryWeight", "a lot", "canaryWeight: Invalid input: expected number, received string"],
    ["colour", "blue", "colour: unknown setting"],
    ["environment", undefined, "environment: is missing (Invalid input: expected string, received undefined)"],
    [
      "images",
      { inference: "inference:1", registry: "example.com" },
      "images: must be {registry: <where built images are pushed>} or {inference: <reference>, trainer: <reference>}",
    ],
    [
      "images",
      { registry: "https://images.example.com/team/" },
      "images.registry: must be a registry and a path in lower case, without https:// and without / at the end",
    ],
    ["namespace.name", "ML_Prod", "namespace.name: must be lower-case letters, digits and '-', such as 'model-v1'"],
    [
      "namespace.quota",
      { hard: { cpu: "lots" } },
      "namespace.quota.hard.cpu: must be a Kubernetes quantity such as 500m, 1Gi or 4",
    ],
    ["storage.models.size", "big", "storage.models.size: must be a Kubernetes quantity such as 500m, 1Gi or 4"],
    [
      "models.0.versions.0.version",
      1,
      "models[0].versions[0].version: Invalid input: expected string, received number",
    ],
    ["models.0.versions.0.replicas", -1, "models[0].versions[0].replicas: Too small: expected number to be >=0"],
    ["models.0.versions.0.replica", 3, "models[0].versions[0].replica: unknown setting"],
    [
      "models.0.versions.2",
      { version: "1" },
      'models[0].versions[2].version: "1" is already given at models[0].versions[0].version',
    ],
    [
      "models.0.versions.0.service",
      { type: "NodePort", nodePort: 80 },
      "models[0].versions[0].service.nodePort: is outside 30000–32767",
    ],
    [
      "models.0.versions.0.service",
      { nodePort: 30080 },
      "models[0].versions[0].service.nodePort: needs `type: NodePort` or `type: LoadBalancer`",
    ],
    [
      "models.0.versions.0.autoscaling",
      { minReplicas: 5, maxReplicas: 2 },
      "models[0].versions[0].autoscaling.minReplicas: is above maxReplicas",
    ],
    [
      "models.0.versions.0.disruptionBudget",
      { minAvailable: 1, maxUnavailable: 1 },
      "models[0].versions[0].disruptionBudget: takes exactly one of minAvailable and maxUnavailable",
    ],
    [
      "models.0.versions.0.rollout",
      { drainSeconds: 30 },
      "models[0].versions[0].rollout.terminationGracePeriodSeconds: must be above drainSeconds (default 5) and preStopSeconds (default 0) together",
    ],
    [
      "models.0.versions.0.secretEnvironment",
      { API_KEY: { secret: "nokeys", key: "API_KEY" } },
      'models[0].versions[0].secretEnvironment.API_KEY.secret: there is no secret "nokeys" under secrets; there is "keys"',
    ],
    [
      "models.0.traffic.canary",
      "9",
      'models[0].traffic.canary: model "sentiment" has no version "9"; there is "1", "2"',
    ],
    [
      "models.0.traffic.canary",
      "1",
      "models[0].traffic.canary: is the stable version; leave it out, or name another one",
    ],
    [
      "models.0.traffic.canary",
      undefined,
      "models[0].traffic.canaryHeader: needs a canary to send requests to; name one, or leave it out",
    ],
    [
      "gateway.namespace",
      undefined,
      "gateway.namespace: is missing (Invalid input: expected string, received undefined)",
    ],
    ["gateway", undefined, "gateway: is missing, and models[0].traffic needs a Gateway to attach to"],
  ];
  for (const [path, value, message] of mistakes) {
    it(`reports: ${message}`, () => {
      expect(problems(change(path, value))).to.deep.equal([`Pulumi.test.yaml: ${message}`]);
    });
  }

  it("reports every mistake at once", () => {
    const config = { ...minimal(), canaryWeight: 200, colour: "blue" };
    expect(problems(config)).to.have.length(2);
  });

  it("rejects two models on one path", () => {
    const [model] = minimal()["models"] as object[];
    const config = { ...minimal(), models: [model, { ...model, model: "iris" }] };
    expect(problems(config)).to.deep.equal([
      'Pulumi.test.yaml: models[1].traffic.path: "*/" is already given at models[0].traffic.path',
    ]);
  });

  it("gives a version the settings of its model, and otherwise those of all models", () => {
    const config = validateConfig(
      {
        ...minimal(),
        modelDefaults: { replicas: 1, environment: { LOG_LEVEL: "warn" } },
        models: [
          { model: "iris", defaults: { replicas: 2 }, versions: [{ version: "1" }, { version: "2", replicas: 3 }] },
        ],
      },
      "Pulumi.test.yaml",
    );
    const versions = config.models[0]?.versions.map(({ version, replicas, environment }) => ({
      version,
      replicas,
      environment,
    }));
    expect(versions).to.deep.equal([
      { version: "1", replicas: 2, environment: { LOG_LEVEL: "warn" } },
      { version: "2", replicas: 3, environment: { LOG_LEVEL: "warn" } },
    ]);
  });
});
