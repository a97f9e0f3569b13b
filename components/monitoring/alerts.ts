/** Bounds of the alerts. */
export interface AlertBounds {
  /** Share of requests that end in an error or are turned away. @default 0.05 */
  readonly errorRatio?: number;
  /** 99th percentile of the latency in seconds. @default 1 */
  readonly latencySeconds?: number;
  /** How much more a canary may fail than the stable version, as a share of its requests. @default 0.02 */
  readonly canaryErrorRatio?: number;
  /** How many times slower than the stable version a canary may be. @default 1.5 */
  readonly canaryLatencyFactor?: number;
  /** Use of the quota. @default 0.9 */
  readonly quotaRatio?: number;
  /** Use of a volume. @default 0.85 */
  readonly volumeRatio?: number;
  /** Seconds for which it must last before it is told. @default 300 */
  readonly forSeconds?: number;
}

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

/** How far back rates look; four scrapes of 30 s and more. */
const WINDOW = "5m";

/**
 * The alerts of a stack. Metrics of the servers are those of `apps/inference`; `kube_` ones are kube-state-metrics', and
 * `kubelet_` ones the kubelet's.
 *
 * @param namespace of the stack
 * @see https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
 */
export function alertGroups(
  namespace: string,
  compared: readonly ComparedVersions[] = [],
  bounds: AlertBounds = {},
): AlertGroup[] {
  const lasting = `${bounds.forSeconds ?? 300}s`;
  const canary = compared.flatMap((versions) => canaryRules(namespace, versions, bounds, lasting));
  return [
    { name: "ml-platform.serving", rules: servingRules(namespace, bounds, lasting) },
    ...(canary.length === 0 ? [] : [{ name: "ml-platform.canary", rules: canary }]),
    { name: "ml-platform.resources", rules: resourceRules(namespace, bounds, lasting) },
  ];
}

/** Share of the requests of each version that failed; none where there were no requests. */
function errorRatio(selector: string): string {
  const rate = (status: string) =>
    `sum by (namespace, model, version) (rate(model_requests_total{${selector}${status}}[${WINDOW}]))`;
  return `${rate(',status=~"error|rejected"')} / ${rate("")}`;
}

/** 99th percentile of the latency of each version, in seconds. */
function latency(selector: string): string {
  return `histogram_quantile(0.99, sum by (namespace, model, version, le) (rate(model_request_latency_seconds_bucket{${selector}}[${WINDOW}])))`;
}

function servingRules(namespace: string, bounds: AlertBounds, lasting: string): AlertRule[] {
  const selector = `namespace="${namespace}"`;
  return [
    {
      alert: "ModelErrorRateHigh",
      expr: `${errorRatio(selector)} > ${bounds.errorRatio ?? 0.05}`,
      for: lasting,
      labels: { severity: "critical" },
      annotations: {
        summary:
          "{{ $labels.model }} version {{ $labels.version }} fails {{ $value | humanizePercentage }} of its requests",
        description: "Look at the logs of its pods; where it is the canary, take its weight back.",
      },
    },
    {
      alert: "ModelLatencyHigh",
      expr: `${latency(selector)} > ${bounds.latencySeconds ?? 1}`,
      for: lasting,
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
  bounds: AlertBounds,
  lasting: string,
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
      expr: `(${errorRatio(selector(canary))}) - ${both} (${errorRatio(selector(stable))}) > ${bounds.canaryErrorRatio ?? 0.02}`,
      for: lasting,
      labels: { severity: "critical" },
      annotations: annotations("fails more often than"),
    },
    {
      alert: "CanarySlower",
      expr: `${latency(selector(canary))} / ${both} ${latency(selector(stable))} > ${bounds.canaryLatencyFactor ?? 1.5}`,
      for: lasting,
      labels: { severity: "warning" },
      annotations: annotations("is slower than"),
    },
  ];
}

function resourceRules(namespace: string, bounds: AlertBounds, lasting: string): AlertRule[] {
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
      expr: `${quota("used")} / ignoring (type) (${quota("hard")} > 0) > ${bounds.quotaRatio ?? 0.9}`,
      for: lasting,
      labels: { severity: "warning" },
      annotations: {
        summary:
          "{{ $value | humanizePercentage }} of {{ $labels.resource }} in quota {{ $labels.resourcequota }} is used",
        description: "Pods above the quota are refused. Raise namespace.quota, or lower what the stack asks for.",
      },
    },
    {
      alert: "VolumeNearlyFull",
      expr: `1 - ${volume("available")} / ${volume("capacity")} > ${bounds.volumeRatio ?? 0.85}`,
      for: lasting,
      labels: { severity: "warning" },
      annotations: {
        summary: "Claim {{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full",
        description:
          "Training cannot publish on a full volume. Enlarge the claim, or remove versions that nothing serves.",
      },
    },
  ];
}
