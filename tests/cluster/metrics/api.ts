import type { Kubectl } from "../../../cluster/kubectl.ts";

export type Labels = Readonly<Record<string, string>>;

/** What Prometheus scrapes. */
export interface Target {
  /** The monitor that it belongs to, such as `serviceMonitor/ml/iris/0`. */
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
  readonly labels: Labels;
}

/** A rule as Prometheus has loaded it. */
export interface LoadedRule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
}

interface Answer<Data> {
  readonly data: Data;
}

/** The APIs of Prometheus and Alertmanager in the cluster, through the API server. */
export class MonitoringApi {
  readonly #kubectl: Kubectl;

  constructor(kubectl: Kubectl) {
    this.#kubectl = kubectl;
  }

  async targets(): Promise<readonly Target[]> {
    const path = "api/v1/targets?state=active";
    const { data } = await this.#get<Answer<{ activeTargets: readonly Target[] }>>("prometheus-operated:9090", path);
    return data.activeTargets;
  }

  /** The alerts of a namespace's PrometheusRule. */
  async rules(namespace: string): Promise<readonly LoadedRule[]> {
    const { data } = await this.#get<Answer<{ groups: readonly { file: string; rules: readonly LoadedRule[] }[] }>>(
      "prometheus-operated:9090",
      "api/v1/rules?type=alert",
    );
    return data.groups.filter(({ file }) => file.includes(`/${namespace}-`)).flatMap(({ rules }) => rules);
  }

  /** The values of a query now, by their labels. */
  async query(query: string): Promise<readonly { readonly labels: Labels; readonly value: number }[]> {
    const { data } = await this.#get<Answer<{ result: readonly { metric: Labels; value: [number, string] }[] }>>(
      "prometheus-operated:9090",
      `api/v1/query?${new URLSearchParams({ query })}`,
    );
    return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
  }

  /** The labels of all alerts that fire, as Alertmanager has them. */
  async firing(): Promise<readonly Labels[]> {
    const alerts = await this.#get<readonly { labels: Labels }[]>("alertmanager-operated:9093", "api/v2/alerts");
    return alerts.map(({ labels }) => labels);
  }

  async #get<T>(service: string, path: string): Promise<T> {
    const place = `/api/v1/namespaces/monitoring/services/${service}/proxy/${path}`;
    return JSON.parse(await this.#kubectl.run(["get", "--raw", place])) as T;
  }
}
