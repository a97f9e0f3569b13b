import { expect } from "chai";
import { Registry } from "prom-client";
import { Metrics } from "../../../apps/inference/metrics/metrics.ts";
import { Monitoring, type MonitoringArgs } from "../../../components/index.ts";
import { alertGroups } from "../../../components/monitoring/alerts.ts";
import { resolveAlerts } from "../../../components/monitoring/resolve.ts";
import { readDashboards } from "../../../dashboards/index.ts";
import { only, record } from "../recorder.ts";
import { checkRules, needPromtool } from "./promtool.ts";

const args: MonitoringArgs = { namespace: "ml-serving", apps: ["model-api"] };

// biome-ignore lint/suspicious/noExplicitAny: manifests are read here as a person would read the YAML
type Manifest = any;

/** Metrics of kube-state-metrics, cAdvisor and the kubelet, as named in their documentation. */
const CLUSTER_METRICS = [
  "container_cpu_cfs_periods_total",
  "container_cpu_cfs_throttled_periods_total",
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "kube_deployment_spec_replicas",
  "kube_deployment_status_replicas_ready",
  "kube_horizontalpodautoscaler_spec_max_replicas",
  "kube_horizontalpodautoscaler_status_current_replicas",
  "kube_horizontalpodautoscaler_status_desired_replicas",
  "kube_job_failed",
  "kube_pod_container_status_restarts_total",
  "kube_resourcequota",
  "kubelet_volume_stats_available_bytes",
  "kubelet_volume_stats_capacity_bytes",
];

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly description: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const dashboards = Object.entries(readDashboards()).map(([name, json]) => ({
  name,
  ...(JSON.parse(json) as Dashboard),
}));

/** Every query of the dashboards, with Grafana's variables filled in. */
const queries = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "2m").replaceAll(/\$\w+/g, "x")),
  ),
);

describe("Monitoring", () => {
  it("scrapes the metrics port of a model's Services every 30 s", async () => {
    const made = await record(() => new Monitoring("m-scrape", { ...args, labels: { release: "prometheus" } }));
    const { metadata, spec }: Manifest = only(made, "ServiceMonitor").inputs;
    expect(metadata.name).to.equal("model-api");
    expect(metadata.labels).to.include({ release: "prometheus" });
    expect(spec).to.deep.equal({
      selector: { matchLabels: { app: "model-api" } },
      endpoints: [{ port: "metrics", interval: "30s" }],
    });
  });

  it("creates alerts for the stack's namespace, and compares versions if there is a canary", async () => {
    const names = async (name: string, more: Partial<MonitoringArgs>) => {
      const made = await record(() => new Monitoring(name, { ...args, ...more }));
      const { groups }: Manifest = only(made, "PrometheusRule").inputs["spec"];
      const rules: Manifest[] = groups.flatMap((group: Manifest) => group.rules);
      for (const { expr } of rules) expect(expr).to.include('namespace="ml-serving"');
      return rules.map(({ alert }) => alert);
    };
    expect(await names("m-alone", {})).to.not.include("CanaryFailsMore");
    const compared = [{ model: "sentiment", stable: "1", canary: "2" }];
    expect(await names("m-canary", { compared })).to.include.members(["CanaryFailsMore", "CanarySlower"]);
  });

  it("provides each dashboard to Grafana in a ConfigMap with the sidecar's label", async () => {
    const made = await record(() => new Monitoring("m-dashboards", { ...args, dashboards: readDashboards() }));
    const maps = made.filter(({ type }) => type.endsWith(":ConfigMap")).map(({ inputs }): Manifest => inputs);
    expect(maps.flatMap(({ data }) => Object.keys(data))).to.have.members(dashboards.map(({ name }) => `${name}.json`));
    for (const { metadata } of maps) expect(metadata.labels).to.include({ grafana_dashboard: "1" });
  });
});

describe("dashboards and alerts", () => {
  it("query only metrics that exist: those of the server, and documented ones of the cluster", async () => {
    const registry = new Registry();
    new Metrics(registry);
    const own = registry.getMetricsAsArray().map(({ name }) => name);
    const known = new Set([...own, ...own.flatMap((name) => ["_bucket", "_sum", "_count"].map((end) => name + end))]);
    for (const name of CLUSTER_METRICS) known.add(name);
    const rules = alertGroups("ml", [{ model: "m", stable: "1", canary: "2" }], resolveAlerts()).flatMap(
      (group) => group.rules,
    );
    const asked = [...queries, ...rules.map(({ expr }) => expr)]
      .flatMap((expr) => [...expr.matchAll(/\b[a-z_]+(?=\{)/g)])
      .map(([name]) => name);
    expect(asked.length).to.be.greaterThan(30);
    expect([...new Set(asked)].filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it("show pods, CPU and memory, rate and latency, errors, inference, autoscaling, versions", () => {
    const titles = dashboards.flatMap(({ panels }) => panels.map(({ title }) => title)).join("; ");
    for (const wanted of [
      "Pods",
      "CPU",
      "Memory",
      "Request rate",
      "Latency",
      "Errors",
      "Inference time",
      "Autoscaling",
      "Share of the requests",
    ]) {
      expect(titles).to.include(wanted);
    }
    for (const { panels } of dashboards) for (const { description } of panels) expect(description).to.match(/\S\.$/);
  });

  it("have unique uids, by which Grafana identifies dashboards", () => {
    expect(new Set(dashboards.map(({ uid }) => uid)).size).to.equal(dashboards.length);
  });

  it("contain only queries that Prometheus can parse", async function () {
    await needPromtool(this);
    const rules = queries.map((expr, index) => ({ record: `query_${index}`, expr }));
    const { exitCode, all } = await checkRules([{ name: "queries", rules }]);
    expect(exitCode, all).to.equal(0);
  });
});
