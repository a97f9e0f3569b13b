import type { Tool } from "./tool.ts";
import { command, prometheusCrds, versions } from "./tools.ts";

const prometheusModule = "modules/prometheus";
const operatorModule = "modules/prometheus-operator";
const alertmanager = "github.com/prometheus/alertmanager";
const prometheus = "github.com/prometheus/prometheus";
const commonVersion = "github.com/prometheus/common/version.Version";

/** Kinds that the operator needs, beyond those that every embedded cluster has. */
const kinds = ["alertmanagerconfigs", "alertmanagers", "podmonitors", "probes", "prometheuses", "scrapeconfigs"];

/**
 * Tools of the optional monitoring add-on, in build order; nothing else needs them. Prometheus and Alertmanager share one Go
 * module, the operator and kube-state-metrics another, so that what they have in common compiles once.
 */
export const monitoringTools = {
  /** With Kubernetes as its only service discovery, and without the web page, whose files are not in the Go module. */
  prometheus: {
    name: "prometheus",
    version: "v0.315.0",
    folder: prometheusModule,
    binaries: [command(`${prometheus}/cmd/prometheus`)],
    tags: "remove_all_sd,enable_kubernetes_sd",
    linkerFlags: `-X ${commonVersion}=3.15.0`,
    minutes: 3,
  },
  alertmanager: {
    name: "alertmanager",
    version: "v0.34.0",
    folder: prometheusModule,
    binaries: [command(`${alertmanager}/cmd/alertmanager`)],
    linkerFlags: `-X ${commonVersion}=0.34.0`,
    patches: [
      {
        module: alertmanager,
        // The files of its web page are not in the Go module.
        edits: [{ file: "ui/web.go", text: "//go:embed app/dist\n", by: "//go:embed app/index.html\n" }],
      },
    ],
    minutes: 1,
  },
  /** The operator, and the process beside Prometheus that reloads its configuration. */
  operator: {
    name: "prometheus-operator",
    version: versions.prometheusOperator,
    folder: operatorModule,
    binaries: ["operator", "prometheus-config-reloader"].map((name) =>
      command(`github.com/prometheus-operator/prometheus-operator/cmd/${name}`),
    ),
    linkerFlags: `-X ${commonVersion}=${versions.prometheusOperator.slice(1)}`,
    files: kinds.map(prometheusCrds),
    minutes: 3,
  },
  kubeStateMetrics: {
    name: "kube-state-metrics",
    version: "v2.15.0",
    folder: operatorModule,
    binaries: [{ package: "k8s.io/kube-state-metrics/v2", name: "kube-state-metrics" }],
    linkerFlags: `-X ${commonVersion}=v2.15.0`,
    minutes: 0.5,
  },
} satisfies Record<string, Tool>;
