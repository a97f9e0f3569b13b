import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { METRICS_PATH_ANNOTATION } from "../kubernetes/service.ts";
import { alertGroups, type ComparedVersions } from "./alerts.ts";
import { type MonitoringSettings, type ResolvedMonitoring, resolveMonitoring } from "./resolve.ts";

export interface MonitoringArgs extends MonitoringSettings {
  /** Namespace of the stack; a plain string, because the alerts contain it. */
  readonly namespace: string;
  /** Values of the label `app` on the Services to scrape; each gets a ServiceMonitor of that name. */
  readonly apps: readonly string[];
  /** Apps with Services whose annotation names the path of their metrics. @default [] */
  readonly appsWithMetricsPath?: readonly string[];
  /** Models with a canary, whose versions are compared. @default [] */
  readonly compared?: readonly ComparedVersions[];
  /** Grafana dashboards as JSON, by name. @default none */
  readonly dashboards?: Readonly<Record<string, string>>;
}

type Resolved = MonitoringArgs & ResolvedMonitoring;

/**
 * Scraping and alerts for the Prometheus operator, and dashboards for Grafana's sidecar.
 *
 * The cluster must have the operator's kinds ServiceMonitor and PrometheusRule.
 */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Monitoring", name, {}, opts);
    const settings = resolveMonitoring(args);
    for (const app of settings.apps) {
      new k8s.apiextensions.CustomResource(`${name}-${app}`, serviceMonitorManifest(settings, app), { parent: this });
    }
    new k8s.apiextensions.CustomResource(`${name}-alerts`, ruleManifest(settings), { parent: this });
    for (const [dashboard, json] of Object.entries(settings.dashboards ?? {})) {
      new k8s.core.v1.ConfigMap(`${name}-${dashboard}`, dashboardManifest(settings, dashboard, json), { parent: this });
    }
    this.registerOutputs();
  }
}

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor */
function serviceMonitorManifest(args: Resolved, app: string): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: objectMeta({ name: app, namespace: args.namespace, labels: args.labels }),
    spec: {
      selector: { matchLabels: { app } },
      endpoints: [
        {
          port: "metrics",
          interval: `${args.intervalSeconds}s`,
          ...(args.appsWithMetricsPath?.includes(app) === true ? { relabelings: [metricsPathRelabeling] } : {}),
        },
      ],
    },
  };
}

/** The path of the metrics from a Service's annotation, where it has one. */
const metricsPathRelabeling = {
  sourceLabels: [`__meta_kubernetes_service_annotation_${METRICS_PATH_ANNOTATION.replaceAll(/[^A-Za-z0-9]/g, "_")}`],
  regex: "(.+)",
  targetLabel: "__metrics_path__",
};

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule */
function ruleManifest(args: Resolved): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: objectMeta({ namespace: args.namespace, labels: args.labels }),
    spec: { groups: alertGroups(args.namespace, args.compared ?? [], args.alerts) },
  };
}

function dashboardManifest(args: Resolved, dashboard: string, json: string): k8s.core.v1.ConfigMapArgs {
  return {
    metadata: objectMeta({ namespace: args.namespace, labels: args.dashboardLabels }),
    immutable: true,
    data: { [`${dashboard}.json`]: json },
  };
}
