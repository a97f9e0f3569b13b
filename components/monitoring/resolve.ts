import { defaults } from "../defaults/defaults.ts";
import { type WithDefaults, withDefaults } from "../defaults/with-defaults.ts";

type Labels = Readonly<Record<string, string>>;

/** Thresholds of the alerts. */
export interface AlertArgs {
  /** Share of requests that fail or are rejected. @default 0.05 */
  readonly errorRatio?: number;
  /** 99th percentile of the latency in seconds. @default 1 */
  readonly latencySeconds?: number;
  /** How far the canary's share of failed requests may exceed the stable version's. @default 0.02 */
  readonly canaryErrorRatio?: number;
  /** How many times slower than the stable version a canary may be. @default 1.5 */
  readonly canaryLatencyFactor?: number;
  /** Use of the quota. @default 0.9 */
  readonly quotaRatio?: number;
  /** Use of a volume. @default 0.85 */
  readonly volumeRatio?: number;
  /** Seconds that a condition must hold before its alert fires. @default 300 */
  readonly forSeconds?: number;
}

/** Alerts with every threshold decided. */
export type ResolvedAlerts = Required<AlertArgs>;

export function resolveAlerts(alerts: AlertArgs = {}): ResolvedAlerts {
  return withDefaults<AlertArgs, keyof AlertArgs>(defaults.monitoring.alerts, alerts);
}

/** How Prometheus and Grafana find a stack's objects. */
export interface MonitoringSettings {
  /** Labels that Prometheus selects monitors and rules by. @default none */
  readonly labels?: Labels;
  /** Seconds between two scrapes. @default 30 */
  readonly intervalSeconds?: number;
  readonly alerts?: AlertArgs;
  /** Labels that Grafana's sidecar selects dashboards by. @default `grafana_dashboard: "1"` */
  readonly dashboardLabels?: Labels;
}

/** Monitoring with every default filled in. Resolving it again changes nothing. */
export interface ResolvedMonitoring extends WithDefaults<MonitoringSettings, "intervalSeconds" | "dashboardLabels"> {
  readonly alerts: ResolvedAlerts;
}

/** @param settings those that this function does not know are kept */
export function resolveMonitoring<T extends MonitoringSettings>(settings: T): T & ResolvedMonitoring {
  return {
    ...settings,
    intervalSeconds: settings.intervalSeconds ?? defaults.monitoring.intervalSeconds,
    dashboardLabels: settings.dashboardLabels ?? defaults.monitoring.dashboardLabels,
    alerts: resolveAlerts(settings.alerts),
  };
}
