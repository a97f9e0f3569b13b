import { expect } from "chai";
import { checkStack } from "../../../config/index.ts";
import { problemsOf, type Settings, stackWith } from "../support.ts";

const CRON = {
  type: "cron",
  metadata: { timezone: "Europe/Berlin", start: "0 8 * * *", end: "0 18 * * *", desiredReplicas: "1" },
};
const MONITORING = { monitoring: { namespace: "monitoring" } };

const stack = (autoscaling: Settings, version: Settings = {}, more: Settings = {}): Settings => ({
  models: [
    {
      model: "fraud",
      versions: [{ version: "1", autoscaling: { minReplicas: 1, maxReplicas: 3, ...autoscaling }, ...version }],
    },
  ],
  ...more,
});
const problems = (...args: Parameters<typeof stack>) =>
  problemsOf(stack(...args)).map((line) => line.replace("models[0].versions[0].autoscaling.", ""));
const resolved = (...args: Parameters<typeof stack>) =>
  checkStack(stackWith(stack(...args))).stack?.models[0]?.versions[0]?.autoscaling;

describe("autoscaling by KEDA", () => {
  it("asks the stack's Prometheus, unless the settings name another", () => {
    const keda = (settings: Settings, monitoring: Settings) =>
      resolved({ queueDepth: 10, keda: settings }, {}, { monitoring })?.keda?.prometheus;
    expect(keda({}, { namespace: "mon" })).to.equal("http://prometheus-operated.mon.svc:9090");
    expect(keda({}, { namespace: "mon", prometheus: { service: "vm", port: 8481 } })).to.equal(
      "http://vm.mon.svc:8481",
    );
    expect(keda({}, { namespace: "mon", prometheus: "https://thanos.example.com" })).to.equal(
      "https://thanos.example.com",
    );
    expect(keda({ prometheus: "http://own:9090" }, { namespace: "mon" })).to.equal("http://own:9090");
  });

  it("needs a Prometheus, at an address that pods reach, where a trigger asks one", () => {
    const trigger = { type: "prometheus", metadata: { query: "up", threshold: "1" } };
    expect(problems({ queueDepth: 10, keda: { triggers: [trigger] } })).to.deep.equal([
      "queueDepth: is asked of a Prometheus, and none is known; set keda.prometheus, or add monitoring to the stack",
      "keda.triggers[0].metadata.serverAddress: is missing; give it, or set keda.prometheus, or add monitoring to the stack",
    ]);
    const own = { ...trigger, metadata: { ...trigger.metadata, serverAddress: "http://p:9090" } };
    expect(problems({ keda: { triggers: [own] } })).to.deep.equal([]);
    const monitoring = { namespace: "monitoring", prometheus: "http://127.0.0.1:9090" };
    expect(problems({ queueDepth: 10, keda: {} }, {}, { monitoring })).to.deep.equal([
      "keda.prometheus: is http://127.0.0.1:9090, which KEDA's pods do not reach; set it to an address inside the cluster",
    ]);
    expect(problems({ cpuUtilization: 70, keda: {} }, {}, { monitoring })).to.deep.equal([]);
  });

  it("scales to zero only where something can start the first pod", () => {
    expect(problems({ minReplicas: 0 })).to.deep.equal([
      "minReplicas: is 0, but Kubernetes' own autoscaler keeps at least one pod; set 1, or add keda",
    ]);
    const blind = [
      "minReplicas: is 0, but CPU, memory and queue depth are measured in the pods, so nothing would start the first one; add a trigger that sees demand without pods to keda.triggers, or set 1",
    ];
    expect(problems({ minReplicas: 0, queueDepth: 10, keda: {} }, {}, MONITORING)).to.deep.equal(blind);
    const cpu = { type: "cpu", metricType: "Utilization", metadata: { value: "70" } };
    expect(problems({ minReplicas: 0, keda: { triggers: [cpu] } })).to.deep.equal(blind);
    expect(problems({ minReplicas: 0, queueDepth: 10, keda: { triggers: [CRON] } }, {}, MONITORING)).to.deep.equal([]);
  });

  it("takes no metrics of a HorizontalPodAutoscaler, and no CPU target unless asked", () => {
    const external = { type: "External", external: { metric: { name: "q" }, target: { type: "Value", value: 3 } } };
    expect(problems({ metrics: [external], keda: {} })).to.deep.equal([
      "metrics: is of Kubernetes' own autoscaler, which keda replaces; write keda.triggers instead",
    ]);
    expect(resolved({ keda: { triggers: [CRON] } })).not.to.have.property("cpuUtilization");
    expect(resolved({ keda: {} })).to.include({ cpuUtilization: 70 });
  });

  it("rejects what KEDA or its webhook would refuse, at the exact place", () => {
    const triggers = (...given: Settings[]) => problems({ keda: { triggers: given } });
    expect(triggers({ ...CRON, metadata: { ...CRON.metadata, desiredReplicas: 1 } })).to.deep.equal([
      'keda.triggers[0].metadata.desiredReplicas: must be text; write it in quotes, such as "5"',
    ]);
    expect(triggers({ ...CRON, name: "day" }, { ...CRON, name: "day" })).to.deep.equal([
      'keda.triggers[1].name: "day" is already given at keda.triggers[0].name'.replace(
        "at keda",
        "at models[0].versions[0].autoscaling.keda",
      ),
    ]);
    expect(triggers({ ...CRON, metricType: "Utilization" })).to.deep.equal([
      "keda.triggers[0].metricType: is for cpu and memory; for cron use AverageValue or Value",
    ]);
    expect(triggers({ ...CRON, useCachedMetrics: true })).to.deep.equal([
      "keda.triggers[0].useCachedMetrics: is not for cron; leave it out",
    ]);
    expect(triggers({ type: "cpu", metricType: "Value", metadata: { value: "70" } })).to.deep.equal([
      "keda.triggers[0].metricType: is not for cpu; use Utilization or AverageValue",
    ]);
    const fallback = (replicas: number, more: Settings = {}) =>
      problems({ keda: { triggers: [CRON], fallback: { failureThreshold: 3, replicas }, ...more } });
    expect(fallback(4)).to.deep.equal(["keda.fallback.replicas: is above maxReplicas, 3; lower it"]);
    expect(problems({ cpuUtilization: 70, keda: { fallback: { failureThreshold: 3, replicas: 2 } } })).to.deep.equal([
      "keda.fallback: is not for CPU and memory alone; leave it out, or add another trigger",
    ]);
    expect(problems({ name: "x".repeat(60), keda: { triggers: [CRON] } })).to.deep.equal([
      'name: has 60 characters; 54 characters at most, since KEDA puts "keda-hpa-" before it; shorten it',
    ]);
  });

  it("knows KEDA's triggers and their settings", () => {
    const check = (trigger: Settings) => {
      const { problems: found, warnings } = checkStack(stackWith(stack({ keda: { triggers: [trigger] } })));
      const at = "models[0].versions[0].autoscaling.keda.triggers[0].";
      return [...found.map(({ path, message }) => `${path}: ${message}`), ...warnings].map((line) =>
        line.replace(at, ""),
      );
    };
    expect(check({ type: "crom", metadata: {} })).to.deep.equal([
      "type: is no trigger of KEDA 2.21; did you mean cron?",
    ]);
    // Perhaps of a newer KEDA.
    expect(check({ type: "carrier-pigeons", metadata: { any: "thing" } })).to.deep.equal([
      "type: is no trigger of KEDA 2.21",
    ]);
    const { end: _, ...unended } = CRON.metadata;
    expect(check({ type: "cron", metadata: { ...unended, timezon: "UTC" } })).to.deep.equal([
      "metadata.end: is missing; a cron trigger needs it",
      "metadata.timezon: is no setting of the cron trigger of KEDA 2.21, which ignores it; did you mean timezone?",
    ]);
    expect(check({ type: "rabbitmq", metadata: { queueName: "q", hostFromEnv: "HOST", value: "5" } })).to.deep.equal(
      [],
    );
    expect(check({ type: "ibmmq", metadata: { host: "h", queueName: "q" } })).to.deep.equal([]);
  });

  it("needs the requests that a percentage is of", () => {
    const cpu = { type: "cpu", metricType: "Utilization", metadata: { value: "70" } };
    const [problem = ""] = problems(
      { keda: { triggers: [cpu] } },
      { resources: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } } },
    );
    expect(problem).to.match(/requests\.cpu: is missing, but .*keda\.triggers\[0\] is a percentage of it; set it$/);
  });

  it("points out a cooldown that nothing waits for", () => {
    const { warnings } = checkStack(stackWith(stack({ keda: { triggers: [CRON], cooldownPeriod: 60 } })));
    expect(warnings).to.include(
      "models[0].versions[0].autoscaling.keda.cooldownPeriod: has no effect while minReplicas is 1; KEDA removes the last pod only where it is 0",
    );
  });

  it("counts from zero pods for the cost, and to the maximum for the quota", () => {
    const { stack: checked } = checkStack(stackWith(stack({ minReplicas: 0, keda: { triggers: [CRON] } })));
    expect(checked?.workloads.deployments[0]?.pods).to.include({ min: 0, max: 3 });
  });

  it("points out a budget that blocks every drain while there is one pod", () => {
    const { warnings } = checkStack(
      stackWith(stack({ minReplicas: 0, keda: { triggers: [CRON] } }, { disruptionBudget: { minAvailable: 1 } })),
    );
    expect(warnings.join()).to.contain("keeps 1 of 1 pods");
  });

  it("has no queue depth of the API gateway", () => {
    const apiGateway = {
      routes: [{ path: "/predict", model: "fraud", version: "1" }],
      autoscaling: { minReplicas: 1, maxReplicas: 2, queueDepth: 5 },
    };
    expect(problemsOf({ models: [{ model: "fraud", versions: [{ version: "1" }] }], apiGateway })).to.deep.equal([
      "apiGateway.autoscaling.queueDepth: is a metric of the models' servers; leave it out",
    ]);
  });
});
