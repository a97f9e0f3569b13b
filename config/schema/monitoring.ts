import { z } from "zod";
import { KubernetesName, Seconds } from "./values.ts";

const Ratio = z.number().min(0).max(1).meta({ title: "share, 0–1" });

/** Scraping, alerts and dashboards. */
export const MonitoringConfig = z
  .strictObject({
    namespace: KubernetesName.describe("Namespace of Prometheus."),
    labels: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe("Labels that Prometheus selects monitors and rules by, such as `release`. Default: none."),
    intervalSeconds: z.int().min(1).optional().describe("Time between two scrapes. Default: 30."),
    dashboards: z.boolean().optional().describe("Make the Grafana dashboards, as ConfigMaps. Default: true."),
    dashboardLabels: z
      .record(z.string().min(1), z.string())
      .optional()
      .describe('Labels that Grafana\'s sidecar selects dashboards by. Default: `grafana_dashboard: "1"`.'),
    alerts: z
      .strictObject({
        errorRatio: Ratio.optional().describe("Share of failed requests that is too much. Default: 0.05."),
        latencySeconds: z.number().positive().optional().describe("99th percentile that is too slow. Default: 1."),
        canaryErrorRatio: Ratio.optional().describe(
          "How much more a canary may fail than the stable version. Default: 0.02.",
        ),
        canaryLatencyFactor: z
          .number()
          .min(1)
          .optional()
          .describe("How many times slower than the stable version a canary may be. Default: 1.5."),
        quotaRatio: Ratio.optional().describe("Use of the quota that is nearly all. Default: 0.9."),
        volumeRatio: Ratio.optional().describe("Use of a volume that is nearly all. Default: 0.85."),
        forSeconds: Seconds.optional().describe("How long it must last before it is told. Default: 300."),
      })
      .optional()
      .describe("Bounds of the alerts."),
  })
  .describe("Prometheus and Grafana objects. Needs the Prometheus operator's kinds in the cluster. Default: none.");
