import { expect } from "chai";
import { alertGroups } from "../../../components/monitoring/alerts.ts";
import { resolveAlerts } from "../../../components/monitoring/resolve.ts";
import { checkRules, type Firing, needPromtool, playAlert, type Series } from "./promtool.ts";

const groups = alertGroups("ml", [{ model: "sentiment", stable: "1", canary: "2" }], resolveAlerts());

/** Requests per minute of one version, by outcome. */
const requests = (version: string, counts: Readonly<Record<string, number>>, namespace = "ml"): Series[] =>
  Object.entries(counts).map(([status, count]) => [
    `model_requests_total{namespace="${namespace}",model="sentiment",version="${version}",status="${status}",pod="p1"}`,
    `0+${count}x30`,
  ]);

/** 600 requests per minute to one version, all answered within the given time. */
const answered = (version: string, seconds: string): Series[] =>
  ["0.05", "0.5", "2.5", "5", "+Inf"].map((bound) => [
    `model_request_latency_seconds_bucket{namespace="ml",model="sentiment",version="${version}",pod="p1",le="${bound}"}`,
    Number(bound === "+Inf" ? Number.POSITIVE_INFINITY : bound) >= Number(seconds) ? "0+600x30" : "0x30",
  ]);

const deployment = (wanted: number, ready: number): Series[] => [
  ['kube_deployment_spec_replicas{namespace="ml",deployment="model-v1"}', `${wanted}x30`],
  ['kube_deployment_status_replicas_ready{namespace="ml",deployment="model-v1"}', `${ready}x30`],
];

const quota = (used: number, hard: number): Series[] => [
  ['kube_resourcequota{namespace="ml",resourcequota="ml-quota",resource="pods",type="used"}', `${used}x30`],
  ['kube_resourcequota{namespace="ml",resourcequota="ml-quota",resource="pods",type="hard"}', `${hard}x30`],
];

const volume = (available: number): Series[] => [
  ['kubelet_volume_stats_available_bytes{namespace="ml",persistentvolumeclaim="models-pvc"}', `${available}x30`],
  ['kubelet_volume_stats_capacity_bytes{namespace="ml",persistentvolumeclaim="models-pvc"}', "100x30"],
];

const job = (name: string, condition: string, failed: number): Series => [
  `kube_job_failed{namespace="ml",job_name="${name}",condition="${condition}"}`,
  `${failed}x30`,
];

const version = (number: string): Firing => ({
  labels: { namespace: "ml", model: "sentiment", version: number },
});
const model: Firing = { labels: { namespace: "ml", model: "sentiment" } };

describe("alerts, tested with promtool", function () {
  this.timeout(120_000);
  before(function () {
    return needPromtool(this);
  });

  it("are valid Prometheus rules", async () => {
    const { exitCode, all } = await checkRules(groups);
    expect(exitCode, all).to.equal(0);
    expect(all).to.include("8 rules found");
  });

  const cases: [alert: string, what: string, series: Series[], wanted: Firing[], minutes?: number][] = [
    ["ModelErrorRateHigh", "6 % of errors", requests("1", { success: 94, error: 6 }), [version("1")]],
    ["ModelErrorRateHigh", "6 % turned away", requests("1", { success: 94, rejected: 6 }), [version("1")]],
    ["ModelErrorRateHigh", "4 % of errors", requests("1", { success: 96, error: 4 }), []],
    ["ModelErrorRateHigh", "wrong requests, which are the caller's", requests("1", { success: 50, invalid: 50 }), []],
    ["ModelErrorRateHigh", "no requests at all", requests("1", { success: 0, error: 0 }), []],
    ["ModelErrorRateHigh", "errors in another namespace", requests("1", { error: 100 }, "other"), []],
    ["ModelErrorRateHigh", "errors for a short while", requests("1", { success: 50, error: 50 }), [], 3],
    ["ModelLatencyHigh", "answers in more than a second", answered("1", "2.5"), [version("1")]],
    ["ModelLatencyHigh", "answers in half a second", answered("1", "0.5"), []],
    [
      "NoReadyReplicas",
      "a Deployment without a ready pod",
      deployment(2, 0),
      [{ labels: { namespace: "ml", deployment: "model-v1" } }],
    ],
    ["NoReadyReplicas", "one ready pod of two", deployment(2, 1), []],
    ["NoReadyReplicas", "a Deployment that is scaled to 0", deployment(0, 0), []],
    [
      "CanaryFailsMore",
      "a canary that fails 4 % where the stable version fails 1 %",
      [...requests("1", { success: 990, error: 10 }), ...requests("2", { success: 96, error: 4 })],
      [model],
    ],
    [
      "CanaryFailsMore",
      "versions that fail alike",
      [...requests("1", { success: 960, error: 40 }), ...requests("2", { success: 96, error: 4 })],
      [],
    ],
    [
      "CanaryFailsMore",
      "a stable version that fails more",
      [...requests("1", { success: 900, error: 100 }), ...requests("2", { success: 100, error: 0 })],
      [],
    ],
    [
      "CanaryFailsMore",
      "a canary without requests",
      [...requests("1", { success: 990, error: 10 }), ...requests("2", { success: 0, error: 0 })],
      [],
    ],
    ["CanarySlower", "a canary ten times slower", [...answered("1", "0.05"), ...answered("2", "0.5")], [model]],
    ["CanarySlower", "versions that are equally fast", [...answered("1", "0.5"), ...answered("2", "0.5")], []],
    [
      "TrainingFailed",
      "a Job that failed",
      [job("train-sentiment", "true", 1)],
      [{ labels: { namespace: "ml", job_name: "train-sentiment", condition: "true" } }],
    ],
    [
      "TrainingFailed",
      "a Job that is done",
      [job("train-sentiment", "true", 0), job("train-sentiment", "false", 1)],
      [],
    ],
    [
      "TrainingFailed",
      "a load test that found something",
      [job("load-test-2", "true", 1), job("model-load-test", "true", 1)],
      [],
    ],
    [
      "QuotaNearlyFull",
      "46 pods of 50",
      quota(46, 50),
      [{ labels: { namespace: "ml", resourcequota: "ml-quota", resource: "pods" } }],
    ],
    ["QuotaNearlyFull", "45 pods of 50", quota(45, 50), []],
    ["QuotaNearlyFull", "a quota of none", quota(0, 0), []],
    [
      "VolumeNearlyFull",
      "14 % left of a volume",
      volume(14),
      [{ labels: { namespace: "ml", persistentvolumeclaim: "models-pvc" } }],
    ],
    ["VolumeNearlyFull", "16 % left of a volume", volume(16), []],
  ];
  for (const [alert, what, series, wanted, minutes = 15] of cases) {
    it(`${alert} ${wanted.length === 0 ? "is silent" : "fires"} on ${what}`, async () => {
      expect(await playAlert(groups, alert, series, wanted, minutes)).to.equal(undefined);
    });
  }

  it("are each tested both firing and silent", () => {
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    for (const fires of [true, false]) {
      const played = cases.filter(([, , , wanted]) => wanted.length > 0 === fires).map(([alert]) => alert);
      expect([...new Set(played)]).to.have.members([...new Set(alerts)]);
    }
  });

  it("use the given thresholds", async () => {
    const strict = alertGroups("ml", [], resolveAlerts({ errorRatio: 0.01, forSeconds: 60 }));
    const series = requests("1", { success: 98, error: 2 });
    expect(await playAlert(strict, "ModelErrorRateHigh", series, [version("1")], 4)).to.equal(undefined);
    expect(await playAlert(groups, "ModelErrorRateHigh", series, [], 15)).to.equal(undefined);
  });

  it("say what to do", () => {
    for (const { rules } of groups) {
      for (const { alert, annotations } of rules) {
        expect(annotations.summary, alert).to.match(/^\S.{10,}/);
        expect(annotations.description, alert).to.match(/\.$/);
      }
    }
  });
});
