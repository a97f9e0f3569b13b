import { expect } from "chai";
import { problemsOf, type Settings, stackWith } from "./support.ts";

const keys = { data: { API_KEY: { random: {} } } };
const registry = { registry: { server: "r.example.com", username: "u", password: { config: "password" } } };
const job = { name: "train", task: "iris", model: "iris" };
const batch = { name: "score", model: "iris", schedule: "*/5 * * * *" };
const iris = (version: Settings = {}, more: Settings = {}) => ({
  model: "iris",
  versions: [{ version: "1", ...version }],
  ...more,
});

/** Mistakes that involve several settings, and mistakes in single settings with specific messages. */
const mistakes: [string, Settings, string][] = [
  [
    "a ConfigMap that is not there",
    { models: [iris({ configMaps: ["shared"] })], configMaps: { "ml-config": { data: {} } } },
    'models[0].versions[0].configMaps[0]: there is no ConfigMap "shared" under configMaps; there is "ml-config"',
  ],
  [
    "a ConfigMap of a CronJob that is not there",
    { training: { cronJobs: [{ ...job, schedule: "@weekly", configMaps: ["ml-config"] }] } },
    'training.cronJobs[0].configMaps[0]: there is no ConfigMap "ml-config" under configMaps; there is none',
  ],
  [
    "a Secret of a Job that is not there",
    { training: { jobs: [{ ...job, secrets: ["keys"] }] } },
    'training.jobs[0].secrets[0]: there is no secret "keys" under secrets; there is none',
  ],
  [
    "a registry's credentials as environment",
    { secrets: { registry }, models: [iris({ secrets: ["registry"] })] },
    'models[0].versions[0].secrets[0]: secret "registry" holds the credentials of a registry; use it as images.pullSecret',
  ],
  [
    "credentials for pulling that are none",
    { secrets: { keys, registry }, images: { inference: "i:1", trainer: "t:1", pullSecret: "keys" } },
    'images.pullSecret: there is no secret "keys" with a registry\'s credentials under secrets; there is "registry"',
  ],
  [
    "a Secret with values and a registry",
    { secrets: { both: { ...keys, ...registry } } },
    "secrets.both: takes exactly one of data, registry and existing",
  ],
  [
    "a load test of a model that is not there",
    { models: [iris()], loadTest: { model: "sentiment" } },
    'loadTest.model: there is no model "sentiment"; there is "iris"',
  ],
  ["a load test of nothing", { loadTest: { clients: 5 } }, "loadTest: takes exactly one of url and model"],
  [
    "a load test with a key that is not there",
    {
      models: [iris()],
      secrets: { keys },
      loadTest: { model: "iris", secretEnvironment: { K: { secret: "keys", key: "K" } } },
    },
    'loadTest.secretEnvironment.K.key: secret "keys" has no key "K"; there is "API_KEY"',
  ],
  [
    "new data without a volume for it",
    { training: { cronJobs: [{ ...job, schedule: "0 2 * * *", whenNewData: true }] } },
    "training.cronJobs[0].whenNewData: needs the data volume; give storage.data",
  ],
  [
    "batch scoring of a file without a volume for it",
    { training: { batchJobs: [{ ...batch, input: "in.csv", output: "out.csv" }] } },
    "training.batchJobs[0].input: needs the data volume; give storage.data",
  ],
  [
    "batch scoring of nothing",
    { training: { batchJobs: [batch] } },
    "training.batchJobs[0]: takes exactly one of input and synthetic",
  ],
  [
    "one NodePort twice",
    {
      models: [
        iris({
          service: { type: "NodePort", nodePort: 30080 },
          additionalServices: [{ type: "NodePort", nodePort: 30080 }],
        }),
      ],
    },
    'models[0].versions[0].additionalServices[0].nodePort: "30080" is already given at models[0].versions[0].service.nodePort',
  ],
  [
    "a NodePort of a version and of the API gateway",
    {
      models: [iris({ service: { type: "NodePort", nodePort: 30080 } })],
      apiGateway: {
        routes: [{ path: "/predict", model: "iris", version: "1" }],
        service: { type: "NodePort", nodePort: 30080 },
      },
    },
    'apiGateway.service.nodePort: "30080" is already given at models[0].versions[0].service.nodePort',
  ],
  [
    "a NodePort out of range",
    { models: [iris({ service: { type: "NodePort", nodePort: 40000 } })] },
    "models[0].versions[0].service.nodePort: is outside 30000–32767",
  ],
  [
    "one Deployment name twice",
    { models: [iris({ name: "api" }), { ...iris({ name: "api" }), name: "again" }] },
    'models[1].versions[0].name: "api" is already given at models[0].versions[0].name',
  ],
  [
    "one Job name twice, by its run",
    {
      training: {
        jobs: [
          { ...job, run: 2 },
          { ...job, name: "train-2" },
        ],
      },
    },
    'training.jobs[1].name: "train-2" is already given at training.jobs[0].name',
  ],
  [
    "one name of a CronJob for training and for scoring",
    {
      training: { cronJobs: [{ ...job, schedule: "@daily" }], batchJobs: [{ ...batch, name: "train", synthetic: 5 }] },
    },
    'training.batchJobs[0].name: "train" is already given at training.cronJobs[0].name',
  ],
  [
    "one model twice without a name of its own",
    { models: [iris(), { model: "iris", versions: [{ version: "2" }] }] },
    'models[1].model: "iris" is already given at models[0].model',
  ],
  [
    "two models whose names Kubernetes cannot tell apart",
    {
      models: [
        { ...iris(), model: "Iris.Small" },
        { ...iris(), model: "iris_small" },
      ],
    },
    'models[1].model: "iris-small" is already given at models[0].model',
  ],
  [
    "a model's name that is too long for the names of its objects",
    { models: [{ ...iris(), model: `M${"x".repeat(53)}` }] },
    "models[0].name: is missing, and the model's name is longer than 53 characters, the most of an entry's; set it",
  ],
  [
    "a name and a version that are too long together",
    { models: [{ model: "m".repeat(50), versions: [{ version: "202601020304050" }] }] },
    `models[0].versions[0].service.name: is missing, and the Service would be called "${"m".repeat(50)}-v202601020304050", which has 67 characters, 54 at most; set it`,
  ],
  [
    "a selector that picks another version's pods",
    {
      models: [{ model: "iris", versions: [{ version: "1", selector: { app: "iris" } }, { version: "2" }] }],
    },
    "models[0].versions[0].selector: app=iris also selects the pods of iris-v2 (models[0].versions[1]); add a label that only iris-v1 has",
  ],
  [
    "two models that share the label app and a version",
    { models: [iris({}, { app: "ml" }), { ...iris({}, { app: "ml" }), name: "other" }] },
    "models[1].versions[0].selector: app=ml,version=v1 also selects the pods of iris-v1 (models[0].versions[0]); add a label that only other-v1 has",
  ],
  [
    "a port that needs privileges",
    { models: [iris({ container: { port: 80 } })] },
    "models[0].versions[0].container.port: must be a port from 1024 to 65535, since the container runs without privileges",
  ],
  [
    "one port for requests and metrics",
    { models: [iris({ container: { port: 9090 } })] },
    "models[0].versions[0].container.metricsPort: is the port that the server listens on; choose another one",
  ],
  [
    "a Service with one port for both",
    { models: [iris({ service: { port: 8000, metricsPort: 8000 } })] },
    "models[0].versions[0].service.metricsPort: is the port of the Service; choose another one",
  ],
  [
    "a label that Kubernetes refuses",
    { models: [iris({ labels: { tier: "back end" } })] },
    "models[0].versions[0].labels.tier: must be the value of a label: at most 63 letters, digits, '-', '_' and '.'",
  ],
  [
    "a time zone that does not exist",
    { training: { cronJobs: [{ ...job, schedule: "0 2 * * *", timeZone: "Europe/Atlantis" }] } },
    "training.cronJobs[0].timeZone: must be a time zone such as Etc/UTC or Europe/Berlin",
  ],
  [
    "a CronJob's name that leaves no room for its Jobs",
    { training: { cronJobs: [{ ...job, name: "a".repeat(53), schedule: "0 2 * * *" }] } },
    "training.cronJobs[0].name: is longer than 52 characters, which a CronJob's name may have",
  ],
  [
    "a taint of the GPU pool that is no taint",
    { gpuPool: { taint: "nvidia.com/gpu" } },
    "gpuPool.taint: must be {key, value, effect}, or false for no taint",
  ],
  [
    "a training file without a volume for it",
    { training: { jobs: [{ ...job, data: "rows.csv" }] } },
    "training.jobs[0].data: needs the data volume; give storage.data",
  ],
  [
    "a rollout that could replace no pod",
    { models: [iris({ rollout: { maxSurge: 0 } })] },
    "models[0].versions[0].rollout.maxSurge: must be above 0 if maxUnavailable (default 0) is 0, or no pod could ever be replaced",
  ],
  [
    "an autoscaler on memory without a request for it",
    {
      models: [
        iris({
          resources: { requests: { cpu: "200m" } },
          autoscaling: { minReplicas: 1, maxReplicas: 5, cpuUtilization: 50, memoryUtilization: 80 },
        }),
      ],
    },
    "models[0].versions[0].resources.requests.memory: is missing, but models[0].versions[0].autoscaling.memoryUtilization is a percentage of it; set it",
  ],
  [
    "a Job's name that is too long with its run and workers",
    { training: { jobs: [{ ...job, name: "a".repeat(60), run: 12, workers: 4 }] } },
    "training.jobs[0].name: makes a Job name of 65 characters, with run and worker numbers; at most 63 are allowed; shorten it",
  ],
  ["a price below nothing", { prices: { cpuHour: -1 } }, "prices.cpuHour: must not be negative"],
];

describe("an inconsistent stack", () => {
  for (const [what, settings, message] of mistakes) {
    it(`is rejected for ${what}, with one line`, () => {
      expect(problemsOf(settings)).to.deep.equal([message]);
    });
  }

  it("is accepted once all of its references resolve", () => {
    const settings = stackWith({
      storage: { models: { size: "1Gi" }, data: { size: "1Gi" } },
      secrets: { keys, registry },
      images: { inference: "i:1", trainer: "i:1", pullSecret: "registry" },
      configMaps: { "ml-config": { name: "ml-config", data: { N_ESTIMATORS: 100, DEBUG: false } } },
      models: [
        iris({ selector: { app: "iris-api" }, secrets: ["keys"], configMaps: ["ml-config"] }),
        { ...iris({ selector: { run: "php-apache" } }), name: "php-apache" },
      ],
      training: {
        jobs: [{ ...job, configMaps: ["ml-config"] }],
        cronJobs: [{ ...job, name: "again", schedule: "0 2 * * 0", whenNewData: true }],
        batchJobs: [{ ...batch, input: "in.csv", output: "out.csv" }],
      },
      loadTest: { model: "php-apache", secretEnvironment: { API_KEY: { secret: "keys", key: "API_KEY" } } },
    });
    expect(problemsOf(settings)).to.deep.equal([]);
  });
});
