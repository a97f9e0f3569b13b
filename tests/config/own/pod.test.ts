import { expect } from "chai";
import { problemsOf, type Settings } from "../support.ts";

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** The mistakes in the `pod` of one version. */
const pod = (patch: Settings, more: Settings = {}) =>
  problemsOf({ models: [{ model: "fraud", versions: [{ version: "1", pod: patch, ...more }] }] }).map((line) =>
    line.replace("models[0].versions[0].pod.", ""),
  );

describe("the `pod` of a version", () => {
  it("may have whatever Kubernetes knows", () => {
    const spec = {
      serviceAccountName: "fraud",
      priorityClassName: "high",
      runtimeClassName: "nvidia",
      resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "gpu", operator: "NotIn", values: ["t4"] }] }],
          },
        },
      },
      topologySpreadConstraints: [
        {
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "DoNotSchedule",
          matchLabelKeys: ["pod-template-hash"],
        },
      ],
      volumes: [{ name: "ca", configMap: { name: "ca" } }],
      containers: [
        {
          name: "model-server",
          resources: { claims: [{ name: "gpu" }] },
          volumeMounts: [{ name: "ca", mountPath: "/etc/ssl/certs" }],
        },
      ],
      securityContext: { runAsUser: null },
    };
    expect(pod({ metadata: { annotations: { a: "b" }, labels: { team: "risk" } }, spec })).to.deep.equal([]);
  });

  it("has no unknown fields, and the types of the API", () => {
    expect(pod({ spec: { priorityClasName: "high", nodeName: 3 }, kind: "Pod" })).to.deep.equal([
      "spec.priorityClasName: unknown field; did you mean priorityClassName?",
      'spec.nodeName: must be text; write it in quotes: "3"',
      "kind: unknown field",
    ]);
    expect(problemsOf({ models: [{ model: "a", versions: [{ version: "1", pod: "x" }] }] })).to.deep.equal([
      "models[0].versions[0].pod: must be a piece of a pod template, such as {spec: {priorityClassName: high}}",
    ]);
  });

  it("does not change what selects the pods", () => {
    expect(pod({ metadata: { labels: { version: "blue", app: null, component: "x" }, name: "a" } })).to.deep.equal([
      "metadata.name: has no effect on pods; set labels and annotations",
      'metadata.labels.version: is "v1", and the pods are selected by it; leave it out',
      'metadata.labels.app: is "fraud", and the pods are selected by it; leave it out',
      'metadata.labels.component: is "model-server", and the pods are selected by it; leave it out',
    ]);
  });

  it("keeps the workload's own container", () => {
    const lines = pod({ spec: { containers: [{ name: "model-server", $patch: "delete" }] } });
    expect(lines).to.include('spec.containers: takes the container "model-server" away, which the workload is');
  });

  it("has one source for each variable and volume, and a volume for each mount", () => {
    const spec = {
      containers: [
        {
          name: "model-server",
          env: [{ name: "PORT", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          volumeMounts: [{ name: "none", mountPath: "/none" }],
        },
      ],
      volumes: [{ name: "models", emptyDir: {} }],
    };
    expect(pod({ spec })).to.deep.equal([
      "spec.containers[name=model-server].env[name=PORT]: has both value and valueFrom; set the one that is not wanted to null",
      "spec.volumes[name=models]: has several sources: persistentVolumeClaim, emptyDir; set the one that is not wanted to null",
      'spec.containers[name=model-server].volumeMounts[mountPath=/none]: there is no volume "none"; give it under models[0].versions[0].pod.spec.volumes',
    ]);
  });

  it("is one that the namespace's Pod Security level lets run", () => {
    const sidecar = (context: object) => ({
      spec: { containers: [{ name: "s", image: "s", securityContext: context }] },
    });
    const end = ", or the pods are refused; namespace.podSecurity is restricted";
    expect(pod(sidecar({}))).to.deep.equal([
      `spec.containers[name=s].securityContext.allowPrivilegeEscalation: must be false${end}`,
      `spec.containers[name=s].securityContext.capabilities.drop: must have ALL${end}`,
    ]);
    expect(pod(sidecar(restricted))).to.deep.equal([]);
    expect(pod({ spec: { hostNetwork: true, securityContext: { runAsUser: 0 } } })).to.deep.equal([
      `spec.hostNetwork: must not be true${end}`,
      `spec.securityContext.runAsUser: must be another user than root${end}`,
    ]);
    expect(pod({ spec: { volumes: [{ name: "h", hostPath: { path: "/" } }] } })).to.deep.equal([
      `spec.volumes[name=h].hostPath: must not be mounted${end}`,
    ]);
  });

  it("may do more where the level allows it", () => {
    const models = [
      {
        model: "fraud",
        versions: [{ version: "1", pod: { spec: { hostNetwork: true, containers: [{ name: "s", image: "s" }] } } }],
      },
    ];
    expect(problemsOf({ namespace: { name: "ml", podSecurity: "privileged" }, models })).to.deep.equal([]);
    expect(problemsOf({ namespace: { name: "ml", podSecurity: "baseline" }, models })).to.deep.equal([
      "models[0].versions[0].pod.spec.hostNetwork: must not be true, or the pods are refused; namespace.podSecurity is baseline",
    ]);
  });
});

describe("the resources of a `pod`", () => {
  const sidecar = (resources: object, more: object = {}) => ({
    name: "s",
    image: "s",
    resources,
    securityContext: restricted,
    ...more,
  });
  const stack = (namespace: Settings, spec: Settings, version: Settings = {}) =>
    problemsOf({
      namespace: { name: "ml", ...namespace },
      models: [{ model: "fraud", versions: [{ version: "1", rollout: { maxSurge: 1 }, pod: { spec }, ...version }] }],
    });

  it("count against the quota with those of the other containers", () => {
    const quota = { quota: { hard: { "requests.cpu": "1500m" } } };
    const containers = [sidecar({ requests: { cpu: "500m" } })];
    expect(stack(quota, { containers })).to.deep.equal([
      "namespace.quota.hard.requests.cpu: the stack can ask for 2.25, the quota is 1500m: fraud-v1 (1 + 1 surge) × 1 = 2, storage-init 1 × 250m = 0.25; lower these, or raise the quota",
    ]);
    expect(stack({ quota: { hard: { "requests.cpu": "1500m" } } }, {})).to.deep.equal([]);
  });

  it("of the workload's own container are those that the `pod` sets", () => {
    const quota = { quota: { hard: { "requests.cpu": "4" } } };
    const containers = [{ name: "model-server", resources: { requests: { cpu: "2" } } }];
    expect(stack(quota, { containers })[0]).to.contain("fraud-v1 (1 + 1 surge) × 2 = 4");
  });

  it("count init containers only if they ask for more, and sidecars always", () => {
    const quota = { quota: { hard: { "requests.cpu": "3" } } };
    const init = (cpu: string, more: object = {}) => ({ initContainers: [sidecar({ requests: { cpu } }, more)] });
    expect(stack(quota, init("400m"))).to.deep.equal([]);
    expect(stack(quota, init("2"))[0]).to.contain("fraud-v1 (1 + 1 surge) × 2 = 4");
    expect(stack(quota, init("2", { restartPolicy: "Always" }))[0]).to.contain("fraud-v1 (1 + 1 surge) × 2.5 = 5");
  });

  it("are missing if a quota, a limit range or an autoscaler needs them", () => {
    const containers = [sidecar({ limits: { cpu: "9" } })];
    const place = "models[0].versions[0].pod.spec.containers[0].resources";
    expect(stack({ quota: { hard: { "requests.memory": "100Gi" } } }, { containers })).to.deep.equal([
      `${place}.requests.memory: is missing, but namespace.quota.hard.requests.memory rejects pods without it; set it, or set a default in namespace.limitRange.container`,
    ]);
    expect(stack({ limitRange: { container: { max: { cpu: "8" } } } }, { containers })).to.deep.equal([
      `${place}.limits.cpu: 9 is above 8, the maximum in namespace.limitRange.container.max.cpu; lower it, or raise the limit range`,
    ]);
    const autoscaling = { minReplicas: 1, maxReplicas: 2, memoryUtilization: 50 };
    expect(stack({}, { containers }, { autoscaling })).to.deep.equal([
      `${place}.requests.memory: is missing, but models[0].versions[0].autoscaling.memoryUtilization is a percentage of it; set it`,
    ]);
  });
});

describe("the `pod` of any other workload", () => {
  const spec = { priorityClasName: "low" };
  const wrong = "spec.priorityClasName: unknown field; did you mean priorityClassName?";

  it("is checked in the same way", () => {
    const training = {
      jobs: [{ name: "a", task: "iris", model: "iris", pod: { spec } }],
      cronJobs: [{ name: "b", task: "iris", model: "iris", schedule: "@daily", pod: { spec } }],
      batchJobs: [{ name: "c", model: "iris", schedule: "@daily", synthetic: 3, pod: { spec } }],
    };
    const models = [{ model: "iris", versions: [{ version: "1" }] }];
    const storage = { models: { size: "1Gi" }, init: { pod: { spec } } };
    const apiGateway = { routes: [{ path: "/predict", model: "iris", version: "1" }], pod: { spec } };
    const loadTest = { model: "iris", pod: { spec } };
    expect(problemsOf({ training, models, storage, apiGateway, loadTest })).to.deep.equal(
      [
        "storage.init",
        "training.jobs[0]",
        "training.cronJobs[0]",
        "training.batchJobs[0]",
        "apiGateway",
        "loadTest",
      ].map((path) => `${path}.pod.${wrong}`),
    );
  });
});
