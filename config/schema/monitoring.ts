import { z } from "zod";
import { defaults } from "../../components/defaults/defaults.ts";
import { defaultLabels } from "./default-text.ts";
import { KubernetesName, Labels, Seconds } from "./values.ts";

const Ratio = z.number().min(0).max(1).meta({ title: "share, 0–1" });

const { alerts: ALERTS, prometheus: PROMETHEUS } = defaults.monitoring;

const PLACE =
  "must be an http or https address without credentials, or {service, port} of a Service in Prometheus' namespace";

function isPlainAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}

/** An address with credentials would put them into the stack file in plain text. */
const Address = z.string().refine(isPlainAddress, { error: PLACE });

/** The address of a Prometheus that pods reach. */
export const PrometheusAddress = z
  .string()
  .refine(isPlainAddress, { error: "must be an http or https address without credentials" });

const Port = z.int32().min(1).max(65535);

/** Scraping, alerts and dashboards. */
export const MonitoringConfig = z
  .strictObject({
    namespace: KubernetesName.describe("Namespace of Prometheus."),
    prometheus: z
      .union([Address, z.strictObject({ service: KubernetesName, port: Port })], {
        error: PLACE,
      })
      .meta({ title: "address, or `{service, port}`" })
      .optional()
      .describe(
        `Where rollouts ask it: an address that the driver reaches, or a Service in its namespace, reached through the API server. Default: the operator's own Service, ${PROMETHEUS.service}:${PROMETHEUS.port}.`,
      ),
    labels: Labels.optional().describe(
      "Labels that Prometheus selects monitors and rules by, such as `release`. Default: none.",
    ),
    intervalSeconds: z
      .int32()
      .min(1)
      .optional()
      .describe(`Time between two scrapes. Default: ${defaults.monitoring.intervalSeconds}.`),
    dashboards: z
      .boolean()
      .optional()
      .describe(`Create the Grafana dashboards, as ConfigMaps. Default: ${defaults.monitoring.dashboards}.`),
    dashboardLabels: Labels.optional().describe(
      `Labels that Grafana's sidecar selects dashboards by. ${defaultLabels(defaults.monitoring.dashboardLabels)}`,
    ),
    alerts: z
      .strictObject({
        errorRatio: Ratio.optional().describe(
          `Share of failed requests that is too high. Default: ${ALERTS.errorRatio}.`,
        ),
        latencySeconds: z
          .number()
          .positive()
          .optional()
          .describe(`99th percentile that is too slow. Default: ${ALERTS.latencySeconds}.`),
        canaryErrorRatio: Ratio.optional().describe(
          `How far the canary's share of failed requests may exceed the stable version's. Default: ${ALERTS.canaryErrorRatio}.`,
        ),
        canaryLatencyFactor: z
          .number()
          .min(1)
          .optional()
          .describe(
            `How many times slower than the stable version a canary may be. Default: ${ALERTS.canaryLatencyFactor}.`,
          ),
        quotaRatio: Ratio.optional().describe(
          `Share of the quota above which it counts as nearly full. Default: ${ALERTS.quotaRatio}.`,
        ),
        volumeRatio: Ratio.optional().describe(
          `Share of a volume above which it counts as nearly full. Default: ${ALERTS.volumeRatio}.`,
        ),
        forSeconds: Seconds.optional().describe(
          `How long a condition must hold before its alert fires. Default: ${ALERTS.forSeconds}.`,
        ),
      })
      .optional()
      .describe("Thresholds of the alerts."),
  })
  .describe("Prometheus and Grafana objects. The cluster must have the Prometheus operator's kinds. Default: none.");
