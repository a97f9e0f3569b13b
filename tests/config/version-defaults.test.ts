import { expect } from "chai";
import { checkStack } from "../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "./support.ts";

const SECRETS = { keys: { data: { API_KEY: { random: {} }, TOKEN: { random: {} } } } };

/** The first version of a stack's model, resolved. */
function versionOf(modelDefaults: Settings, defaults: Settings, version: Settings) {
  const models = [{ model: "iris", defaults, versions: [{ version: "1", ...version }] }];
  const configMaps = { a: { data: { A: "1" } }, b: { data: { B: "1" } } };
  const { stack, problems } = checkStack(stackWith({ secrets: SECRETS, configMaps, modelDefaults, models }));
  expect(problems).to.deep.equal([]);
  const [first] = stack?.models[0]?.versions ?? [];
  if (first === undefined) throw new Error("the stack has no version");
  return first;
}

describe("the defaults of versions", () => {
  it("keep what a version does not set, key by key", () => {
    const version = versionOf(
      {
        environment: { LOG_LEVEL: "debug" },
        secretEnvironment: { API_KEY: { secret: "keys", key: "API_KEY" } },
        resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "2Gi" } },
        scheduling: { tolerations: [{ key: "dedicated" }], nodeSelector: { disk: "ssd" } },
        probes: { startup: { failureThreshold: 300 } },
        labels: { team: "risk" },
      },
      { environment: { MAX_BATCH_SIZE: "8" }, resources: { limits: { memory: "3Gi" } } },
      {
        environment: { LOG_LEVEL: "info" },
        secretEnvironment: { TOKEN: { secret: "keys", key: "TOKEN" } },
        resources: { limits: { cpu: "1" } },
        scheduling: { nodeSelector: { pool: "ml" } },
        probes: { startup: { periodSeconds: 2 } },
        labels: { stage: "blue" },
      },
    );
    expect(version.environment).to.deep.equal({ LOG_LEVEL: "info", MAX_BATCH_SIZE: "8" });
    expect(Object.keys(version.secretEnvironment)).to.deep.equal(["API_KEY", "TOKEN"]);
    expect(version.resources).to.deep.equal({
      requests: { cpu: "500m", memory: "1Gi" },
      limits: { cpu: "1", memory: "3Gi" },
    });
    expect(version.scheduling.nodeSelector).to.deep.equal({ disk: "ssd", pool: "ml" });
    expect(version.scheduling.tolerations).to.deep.equal([{ key: "dedicated", operator: "Exists" }]);
    expect(version.probes.startup).to.include({ failureThreshold: 300, periodSeconds: 2 });
    expect(version.labels).to.include({ team: "risk", stage: "blue" });
  });

  it("replace lists, and add the names of ConfigMaps and Secrets", () => {
    const version = versionOf(
      { configMaps: ["a"], secrets: ["keys"], scheduling: { tolerations: [{ key: "one" }] } },
      {},
      { configMaps: ["b", "a"], scheduling: { tolerations: [{ key: "two" }] } },
    );
    expect(version.configMaps).to.deep.equal(["b", "a"]);
    expect(version.secrets).to.deep.equal(["keys"]);
    expect(version.scheduling.tolerations).to.deep.equal([{ key: "two", operator: "Exists" }]);
  });

  it("merge a pod as Kubernetes does, and keep what takes a field away", () => {
    const volume = (name: string, medium: string) => ({ name, emptyDir: { medium } });
    const { pod } = versionOf(
      {
        pod: { metadata: { annotations: { a: "1" } }, spec: { volumes: [volume("shm", "Memory"), volume("tmp", "")] } },
      },
      {},
      {
        pod: {
          metadata: { annotations: { b: "2" } },
          spec: { volumes: [volume("tmp", "Memory"), volume("new", "")], priorityClassName: null },
        },
      },
    );
    expect(pod).to.deep.equal({
      metadata: { annotations: { a: "1", b: "2" } },
      spec: {
        volumes: [volume("shm", "Memory"), volume("tmp", "Memory"), volume("new", "")],
        priorityClassName: null,
      },
    });
  });

  it("give way to a variable of the same name, wherever its value comes from", () => {
    const fromSecret = { secret: "keys", key: "TOKEN" };
    const plain = versionOf({ secretEnvironment: { TOKEN: fromSecret } }, {}, { environment: { TOKEN: "t" } });
    expect(plain.secretEnvironment).to.deep.equal({});
    const secret = versionOf({ environment: { TOKEN: "t" } }, {}, { secretEnvironment: { TOKEN: fromSecret } });
    expect(secret.environment).to.deep.equal({});
  });

  it("give way to the other bound of a disruption budget, and complete an autoscaler", () => {
    const version = versionOf(
      { disruptionBudget: { minAvailable: 2 }, autoscaling: { minReplicas: 3, cpuUtilization: 60 } },
      {},
      { disruptionBudget: { maxUnavailable: 1 }, autoscaling: { maxReplicas: 9 } },
    );
    expect(version.disruptionBudget).to.deep.equal({ maxUnavailable: 1 });
    expect(version.autoscaling).to.deep.equal({ minReplicas: 3, maxReplicas: 9, cpuUtilization: 60 });
  });

  it("count together with the version's own settings", () => {
    const models = [{ model: "iris", versions: [{ version: "1", rollout: { drainSeconds: 40 } }] }];
    expect(problemsOf({ modelDefaults: { rollout: { terminationGracePeriodSeconds: 60 } }, models })).to.deep.equal([]);
  });

  it("are named in messages where they are written, once for all versions", () => {
    const versions = [{ version: "1" }, { version: "2", resources: { limits: { memory: "5Gi" } } }];
    const settings = {
      modelDefaults: { configMaps: ["none"], environment: { PORT: "1" } },
      models: [{ model: "iris", defaults: { resources: { requests: { memory: "6Gi" } } }, versions }],
    };
    expect(problemsOf(settings)).to.deep.equal([
      'modelDefaults.configMaps[0]: there is no ConfigMap "none" under configMaps; there is none',
      "models[0].defaults.resources.requests.memory: 6Gi is above the limit, 5Gi; lower it, or raise models[0].versions[1].resources.limits.memory",
      'modelDefaults.environment.PORT: is set by the program to "8080"; leave it out, or change container.port',
    ]);
    expect(problemsOf({ ...settings, modelDefaults: { colour: "blue" }, models: [] })).to.deep.equal([
      "modelDefaults.colour: unknown setting",
    ]);
  });
});
