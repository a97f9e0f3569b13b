import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { type AlertBounds, alertGroups, type ComparedVersions } from "./alerts.ts";

type Labels = Readonly<Record<string, string>>;

export interface MonitoringArgs {
  /** Namespace of the stack; plain, since the alerts name it. */
  readonly namespace: string;
  /** Values of the label `app` on the Services that are scraped; each gets a ServiceMonitor of that name. */
  readonly apps: readonly string[];
  /** Models with a canary, whose versions are compared. @default [] */
  readonly compared?: readonly ComparedVersions[];
  /** Labels that Prometheus selects monitors and rules by. @default none */
  readonly labels?: Labels;
  /** Time between two scrapes. @default 30 */
  readonly intervalSeconds?: number;
  readonly alerts?: AlertBounds;
  /** Grafana dashboards as JSON, by name. @default none */
  readonly dashboards?: Readonly<Record<string, string>>;
  /** Labels that Grafana's sidecar selects dashboards by. @default `grafana_dashboard: "1"` */
  readonly dashboardLabels?: Labels;
}

/**
 * Scraping and alerts for the Prometheus operator, and dashboards for Grafana's sidecar.
 *
 * The cluster has to know the operator's kinds ServiceMonitor and PrometheusRule.
 */
export class Monitoring extends pulumi.ComponentResource {
  constructor(name: string, args: MonitoringArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:platform:Monitoring", name, {}, opts);
    for (const app of args.apps) {
      new k8s.apiextensions.CustomResource(`${name}-${app}`, serviceMonitorManifest(args, app), { parent: this });
    }
    new k8s.apiextensions.CustomResource(`${name}-alerts`, ruleManifest(args), { parent: this });
    for (const [dashboard, json] of Object.entries(args.dashboards ?? {})) {
      new k8s.core.v1.ConfigMap(`${name}-${dashboard}`, dashboardManifest(args, dashboard, json), { parent: this });
    }
    this.registerOutputs();
  }
}

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor */
function serviceMonitorManifest(args: MonitoringArgs, app: string): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: objectMeta({ name: app, namespace: args.namespace, labels: args.labels }),
    spec: {
      selector: { matchLabels: { app } },
      endpoints: [{ port: "metrics", interval: `${args.intervalSeconds ?? 30}s` }],
    },
  };
}

/** @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusRule */
function ruleManifest(args: MonitoringArgs): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: objectMeta({ namespace: args.namespace, labels: args.labels }),
    spec: { groups: alertGroups(args.namespace, args.compared, args.alerts) },
  };
}

function dashboardManifest(args: MonitoringArgs, dashboard: string, json: string): k8s.core.v1.ConfigMapArgs {
  return {
    metadata: objectMeta({
      namespace: args.namespace,
      labels: args.dashboardLabels ?? { grafana_dashboard: "1" },
    }),
    immutable: true,
    data: { [`${dashboard}.json`]: json },
  };
}
