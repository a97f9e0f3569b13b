import type { ResolvedAlerts } from "./resolve.ts";

/** A model with a canary, whose two versions are compared. */
export interface ComparedVersions {
  readonly model: string;
  readonly stable: string;
  readonly canary: string;
}

/** One alert as Prometheus reads it. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: "critical" | "warning" };
  readonly annotations: { readonly summary: string; readonly description: string };
}

export interface AlertGroup {
  readonly name: string;
  readonly rules: AlertRule[];
}

/** Time range of the rates; must cover at least four scrapes. */
const WINDOW = "5m";

/**
 * The alerts of a stack. The servers' metrics come from `apps/inference`, `kube_` metrics from kube-state-metrics,
 * and `kubelet_` metrics from the kubelet.
 *
 * @param namespace of the stack
 * @see https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
 */
export function alertGroups(
  namespace: string,
  compared: readonly ComparedVersions[],
  alerts: ResolvedAlerts,
): AlertGroup[] {
  const canary = compared.flatMap((versions) => canaryRules(namespace, versions, alerts));
  return [
    { name: "ml-platform.serving", rules: servingRules(namespace, alerts) },
    ...(canary.length === 0 ? [] : [{ name: "ml-platform.canary", rules: canary }]),
    { name: "ml-platform.resources", rules: resourceRules(namespace, alerts) },
  ];
}

/** Share of failed requests of each version; no value for a version without requests. */
function errorRatio(selector: string): string {
  const rate = (status: string) =>
    `sum by (namespace, model, version) (rate(model_requests_total{${selector}${status}}[${WINDOW}]))`;
  return `${rate(',status=~"error|rejected"')} / ${rate("")}`;
}

/** How long a condition must hold before the alert fires. */
function lasting({ forSeconds }: ResolvedAlerts): string {
  return `${forSeconds}s`;
}

/** 99th percentile of the latency of each version, in seconds. */
function latency(selector: string): string {
  return `histogram_quantile(0.99, sum by (namespace, model, version, le) (rate(model_request_latency_seconds_bucket{${selector}}[${WINDOW}])))`;
}

function servingRules(namespace: string, alerts: ResolvedAlerts): AlertRule[] {
  const selector = `namespace="${namespace}"`;
  return [
    {
      alert: "ModelErrorRateHigh",
      expr: `${errorRatio(selector)} > ${alerts.errorRatio}`,
      for: lasting(alerts),
      labels: { severity: "critical" },
      annotations: {
        summary:
          "{{ $labels.model }} version {{ $labels.version }} fails {{ $value | humanizePercentage }} of its requests",
        description: "Look at the logs of its pods; where it is the canary, take its weight back.",
      },
    },
    {
      alert: "ModelLatencyHigh",
      expr: `${latency(selector)} > ${alerts.latencySeconds}`,
      for: lasting(alerts),
      labels: { severity: "warning" },
      annotations: {
        summary:
          "{{ $labels.model }} version {{ $labels.version }} takes {{ $value | humanizeDuration }} (99th percentile)",
        description: "See whether its autoscaler is at its maximum, or its pods at their CPU limit.",
      },
    },
    {
      alert: "NoReadyReplicas",
      expr: `kube_deployment_status_replicas_ready{${selector}} == 0 and on (namespace, deployment) kube_deployment_spec_replicas{${selector}} > 0`,
      for: "60s",
      labels: { severity: "critical" },
      annotations: {
        summary: "Deployment {{ $labels.deployment }} has no pod that is ready",
        description: "`npm run status` says what keeps its pods from being ready.",
      },
    },
  ];
}

function canaryRules(
  namespace: string,
  { model, stable, canary }: ComparedVersions,
  alerts: ResolvedAlerts,
): AlertRule[] {
  const selector = (version: string) => `namespace="${namespace}",model="${model}",version="${version}"`;
  const both = "on (namespace, model)";
  const annotations = (how: string) => ({
    summary: `${model}: the canary, version ${canary}, ${how} version ${stable}`,
    description: "Take the canary's weight back: set canaryWeight to 0.",
  });
  return [
    {
      alert: "CanaryFailsMore",
      expr: `(${errorRatio(selector(canary))}) - ${both} (${errorRatio(selector(stable))}) > ${alerts.canaryErrorRatio}`,
      for: lasting(alerts),
      labels: { severity: "critical" },
      annotations: annotations("fails more often than"),
    },
    {
      alert: "CanarySlower",
      expr: `${latency(selector(canary))} / ${both} ${latency(selector(stable))} > ${alerts.canaryLatencyFactor}`,
      for: lasting(alerts),
      labels: { severity: "warning" },
      annotations: annotations("is slower than"),
    },
  ];
}

function resourceRules(namespace: string, alerts: ResolvedAlerts): AlertRule[] {
  const selector = `namespace="${namespace}"`;
  const quota = (type: string) => `kube_resourcequota{${selector},type="${type}"}`;
  const volume = (what: string) => `kubelet_volume_stats_${what}_bytes{${selector}}`;
  return [
    {
      alert: "TrainingFailed",
      expr: `kube_job_failed{${selector},condition="true",job_name!~".*load-test.*"} == 1`,
      labels: { severity: "warning" },
      annotations: {
        summary: "Job {{ $labels.job_name }} ended without success",
        description: "Nothing was published. Its log says why: kubectl logs job/{{ $labels.job_name }}.",
      },
    },
    {
      alert: "QuotaNearlyFull",
      expr: `${quota("used")} / ignoring (type) (${quota("hard")} > 0) > ${alerts.quotaRatio}`,
      for: lasting(alerts),
      labels: { severity: "warning" },
      annotations: {
        summary:
          "{{ $value | humanizePercentage }} of {{ $labels.resource }} in quota {{ $labels.resourcequota }} is used",
        description: "Pods above the quota are refused. Raise namespace.quota, or lower what the stack asks for.",
      },
    },
    {
      alert: "VolumeNearlyFull",
      expr: `1 - ${volume("available")} / ${volume("capacity")} > ${alerts.volumeRatio}`,
      for: lasting(alerts),
      labels: { severity: "warning" },
      annotations: {
        summary: "Claim {{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full",
        description:
          "Training cannot publish on a full volume. Enlarge the claim, or remove versions that nothing serves.",
      },
    },
  ];
}
