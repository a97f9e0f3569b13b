import { expect } from "chai";
import { milliUnits } from "../../components/kubernetes/quantity.ts";
import { isTimeZone } from "../../config/schema/values.ts";
import { problemsOf, type Settings } from "./support.ts";

const withVersion = (version: Settings): Settings => ({
  models: [{ model: "iris", versions: [{ version: "1", ...version }] }],
});

describe("the API server's rules for resources", () => {
  const resources: [Settings, string[]][] = [
    [{ requests: { cpus: "1" } }, ["requests.cpus: is no resource of a container; did you mean cpu?"]],
    [{ limits: { Memory: "1Gi" } }, ["limits.Memory: is no resource of a container; did you mean memory?"]],
    [
      { limits: { "requests.nvidia.com/gpu": 1 } },
      [
        "limits.requests.nvidia.com/gpu: is no resource of a container; take cpu, memory, ephemeral-storage, hugepages-<size>, or a name with a domain such as nvidia.com/gpu",
      ],
    ],
    [
      { limits: { "nvidia.com/gpu": 0.5 } },
      ["limits.nvidia.com/gpu: 0.5 is not a whole number; nvidia.com/gpu cannot be divided"],
    ],
    [
      { requests: { "amd.com/gpu": 1 }, limits: { "amd.com/gpu": 2 } },
      [
        "limits.amd.com/gpu: is 2, and the request is 1: amd.com/gpu is not shared; give both the same amount, or the limit alone",
      ],
    ],
    [
      { requests: { "hugepages-2Mi": "4Mi" } },
      [
        "limits.hugepages-2Mi: is missing, and the request is 4Mi: hugepages-2Mi is not shared; give both the same amount, or the limit alone",
      ],
    ],
    [{ limits: { memory: "400m" } }, ["limits.memory: 400m is a fraction of a byte; did you mean 400Mi?"]],
    [{ limits: { memory: 2 } }, ["limits.memory: 2 is 2 bytes; did you mean 2Mi or 2Gi?"]],
    [
      { limits: { memory: "512MB" } },
      ["limits.memory: must be a Kubernetes quantity such as 500m, 1Gi or 4; did you mean 512Mi?"],
    ],
    [{ limits: { cpu: "1Gi" } }, ["limits.cpu: 1Gi is 1073741824 CPUs; write 500m for half a CPU"]],
    [
      {
        limits: {
          cpu: ".5",
          memory: "1e9",
          "ephemeral-storage": "2G",
          "hugepages-2Mi": "4Mi",
          "nvidia.com/mig-1g.5gb": 1,
        },
      },
      [],
    ],
  ];
  for (const [value, problems] of resources) {
    it(`${JSON.stringify(value)} is ${problems.length === 0 ? "accepted" : "rejected"}`, () => {
      expect(problemsOf(withVersion({ resources: value }))).to.deep.equal(
        problems.map((problem) => `models[0].versions[0].resources.${problem}`),
      );
    });
  }

  it("hold for quotas, whose limits must also be enforced", () => {
    const quota = (hard: Settings) => problemsOf({ namespace: { name: "ml", quota: { hard } } });
    const path = "namespace.quota.hard";
    expect(quota({ "requests.mem": "1Gi", gpu: 1, pod: 5 })).to.deep.equal([
      `${path}.requests.mem: is no resource of a quota; did you mean requests.memory?`,
      `${path}.gpu: is no resource of a quota; did you mean requests.nvidia.com/gpu?`,
      `${path}.pod: is no resource of a quota; take one such as requests.cpu, limits.memory, pods or requests.nvidia.com/gpu`,
    ]);
    expect(quota({ "nvidia.com/gpu": 1, "limits.amd.com/gpu": 1, pods: "1500m" })).to.deep.equal([
      `${path}.nvidia.com/gpu: is never enforced: of a resource with a domain a quota counts the requests; write requests.nvidia.com/gpu`,
      `${path}.pods: 1500m is not a whole number; pods cannot be divided`,
      `${path}.limits.amd.com/gpu: is never enforced: a quota counts the requests of amd.com/gpu, which equal its limits; set requests.amd.com/gpu`,
    ]);
    const storage = "gold.storageclass.storage.k8s.io/requests.storage";
    const gpus = { "requests.nvidia.com/gpu": 4, "limits.nvidia.com/gpu": 4 };
    expect(quota({ "count/deployments.apps": 9, [storage]: "1Ti", "services.nodeports": 2, ...gpus })).to.deep.equal(
      [],
    );
  });

  it("hold for limit ranges, whose bounds rise", () => {
    const container = {
      min: { cpu: "1" },
      defaultRequest: { cpu: "500m" },
      default: { memory: "2Gi" },
      max: { memory: "1Gi" },
    };
    expect(problemsOf({ namespace: { name: "ml", limitRange: { container } } }).slice(0, 2)).to.deep.equal([
      "namespace.limitRange.container.min.cpu: 1 is above defaultRequest, 500m; min, defaultRequest, default and max must rise",
      "namespace.limitRange.container.default.memory: 2Gi is above max, 1Gi; min, defaultRequest, default and max must rise",
    ]);
  });

  it("hold for volumes", () => {
    expect(problemsOf({ storage: { models: { size: 10, storageClass: "Fast SSD" } } })).to.deep.equal([
      "storage.models.size: 10 is 10 bytes; did you mean 10Mi or 10Gi?",
      "storage.models.storageClass: must be lower-case letters, digits, '-' and '.'",
    ]);
  });

  it("read quantities with exponents and small units", () => {
    expect(["1e3", "5E-1", "+2", "1.", ".5", "250u", "2000000n", "1E"].map(milliUnits)).to.deep.equal([
      1e6, 500, 2000, 1000, 500, 0, 2, 1e21,
    ]);
  });
});

describe("the API server's rules for names and values", () => {
  it("hold for labels", () => {
    const labels = { team: "a b", "Example.com/x": "y", "a..b/x": "y" };
    const name = "must be the name of a label, such as 'tier' or 'nvidia.com/gpu'";
    const value = "must be the value of a label: at most 63 letters, digits, '-', '_' and '.'";
    expect(problemsOf(withVersion({ labels, modelVersion: "v 1" }))).to.deep.equal([
      `models[0].versions[0].modelVersion: ${value}`,
      `models[0].versions[0].labels.team: ${value}`,
      `models[0].versions[0].labels.Example.com/x: ${name}`,
      `models[0].versions[0].labels.a..b/x: ${name}`,
    ]);
    expect(problemsOf({ monitoring: { namespace: "m", labels: { release: "a/b" } } })).to.deep.equal([
      `monitoring.labels.release: ${value}`,
    ]);
  });

  for (const host of [
    "https://a.example.com",
    "a.example.com:443",
    "A.example.com",
    "10.0.0.1",
    "*.*.example.com",
    "a_b",
    "",
  ]) {
    it(`reject the host name "${host}"`, () => {
      const gateway = { name: "gw", namespace: "gw-system", implementation: "traefik" };
      const models = [
        { model: "iris", versions: [{ version: "1" }], traffic: { stable: "1", hosts: [host, "*.example.com"] } },
      ];
      expect(problemsOf({ gateway, models })).to.deep.equal([
        "models[0].traffic.hosts[0]: must be a host name in lower case such as ml.example.com or *.example.com, without scheme, port or path, and no address",
      ]);
    });
  }

  for (const image of ["https://ghcr.io/a/b:1", "ghcr.io/Team/b:1", "a b", "server:", "server:1@sha256:0"]) {
    it(`reject the image "${image}"`, () => {
      expect(
        problemsOf({ images: { inference: image, trainer: `reg.example.com:5000/t/b@sha256:${"0".repeat(64)}` } }),
      ).to.deep.equal([
        "images.inference: must be the reference of an image, such as 'ghcr.io/team/server:1.2': lower case, without https://",
      ]);
    });
  }

  it("want whole numbers that fit into 32 bits", () => {
    expect(problemsOf(withVersion({ replicas: 2 ** 31 }))).to.deep.equal([
      "models[0].versions[0].replicas: Too big: expected number to be <=2147483647",
    ]);
  });

  it("want time zones spelled as in the database", () => {
    expect(
      ["Europe/Berlin", "Etc/UTC", "UTC", "US/Pacific", "America/Port_of_Spain"].filter((name) => !isTimeZone(name)),
    ).to.deep.equal([]);
    expect(
      ["europe/berlin", "utc", "us/Pacific", "Local", "Europe/Berlinn", "+01:00"].filter(isTimeZone),
    ).to.deep.equal([]);
  });

  it("hold for probes, tolerations, autoscalers and deadlines", () => {
    const version = {
      probes: { liveness: { successThreshold: 2 } },
      scheduling: { tolerations: [{ key: "a", value: "b" }] },
      autoscaling: { minReplicas: 1, maxReplicas: 2, scaleUp: { policies: [] } },
    };
    expect(problemsOf(withVersion(version))).to.deep.equal([
      "models[0].versions[0].scheduling.tolerations[0].value: needs `operator: Equal`; a toleration of every value has none",
      "models[0].versions[0].probes.liveness.successThreshold: must be 1 for startup and liveness probes",
      "models[0].versions[0].autoscaling.scaleUp.policies: needs at least one policy; leave it out for Kubernetes' own",
    ]);
    const gpu = { gpus: 1, resources: { limits: { "nvidia.com/gpu": 2 } } };
    expect(problemsOf({ training: { jobs: [{ name: "t", task: "iris", model: "iris", ...gpu }] } })).to.deep.equal([
      "training.jobs[0].resources.limits.nvidia.com/gpu: is decided by gpus; leave one of them out",
    ]);
  });
});
