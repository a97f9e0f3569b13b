/** Two sets of counters of one version: what is bad, and all of it. */
export interface GoalQueries {
  readonly bad: string;
  readonly total: string;
}

/** PromQL for the counters of one version. Each gives cumulative counters, one series each; sums and increases are ours. */
export interface VersionQueries {
  readonly requests: string;
  /** Whether each pod of the version has series of its own, so that pods can be counted. */
  readonly perPod: boolean;
  /** In the order of the rollout's goals. */
  readonly goals: readonly GoalQueries[];
}

/** What a rollout compares, as the resolved stack has it. */
export type GoalSpec =
  | { readonly kind: "errors" }
  | { readonly kind: "slow"; readonly seconds: number }
  | { readonly kind: "promql"; readonly bad: string; readonly total: string };

/** Where a version's counters are. */
export interface VersionPlace {
  readonly namespace: string;
  /** Name of the model in the registry. */
  readonly model: string;
  readonly version: string;
}

/**
 * Queries for the counters of our own inference server, which are labeled by model and version.
 *
 * Requests that the caller got wrong (`invalid`) are not the version's fault and count as good.
 */
export function serverQueries(place: VersionPlace, goals: readonly GoalSpec[]): VersionQueries {
  const labels = `namespace=${quoted(place.namespace)},model=${quoted(place.model)},version=${quoted(place.version)}`;
  const requests = `model_requests_total{${labels}}`;
  return {
    requests,
    perPod: true,
    goals: goals.map((goal) => {
      if (goal.kind === "promql") return ownQueries(goal, place);
      if (goal.kind === "errors") {
        return { bad: `model_requests_total{${labels},status=~"error|rejected"}`, total: requests };
      }
      return slowQueries("model_request_latency_seconds", labels, goal.seconds);
    }),
  };
}

/** A version's Service behind Traefik's Gateway API provider. */
export interface GatewayPlace extends VersionPlace {
  readonly service: string;
  /** Port of the Service that the route names. */
  readonly port: number;
}

/**
 * Queries for Traefik's counters of a Service, which any server can be behind. Status codes from 500 on are bad; a request that
 * is retried on another pod counts once, with its last status, where retries are a middleware in front of the Service.
 *
 * @see https://doc.traefik.io/traefik/observability/metrics/overview/
 */
export function gatewayQueries(place: GatewayPlace, goals: readonly GoalSpec[]): VersionQueries {
  const labels = `service=~${quoted(traefikService(place))}`;
  const requests = `traefik_service_requests_total{${labels}}`;
  return {
    requests,
    perPod: false,
    goals: goals.map((goal) => {
      if (goal.kind === "promql") return ownQueries(goal, place);
      if (goal.kind === "errors") {
        return { bad: `traefik_service_requests_total{${labels},code=~"5.."}`, total: requests };
      }
      return slowQueries("traefik_service_request_duration_seconds", labels, goal.seconds);
    }),
  };
}

/**
 * A pattern for the names that Traefik gives to a Service of an HTTPRoute: since 3.7 they begin with the route, its Gateway and
 * its rule; before, they were the Service's own.
 */
function traefikService({ namespace, service, port }: GatewayPlace): string {
  return `(httproute-.+-svc-${namespace}-${service}-[0-9]+|${namespace}-${service}-http-${port})@kubernetesgateway`;
}

/** A histogram counts what is at most a bound, so slow ones are all but those. */
function slowQueries(metric: string, labels: string, seconds: number): GoalQueries {
  // Clients write a bound of one second as 1 or as 1.0.
  const bounds = Number.isInteger(seconds) ? `${seconds}|${seconds}.0` : String(seconds);
  return {
    bad: `${metric}_count{${labels}} - ignoring(le) ${metric}_bucket{${labels},le=~${quoted(bounds.replaceAll(".", "[.]"))}}`,
    total: `${metric}_count{${labels}}`,
  };
}

function ownQueries({ bad, total }: GoalQueries, place: VersionPlace): GoalQueries {
  const fill = (query: string) =>
    query
      .replaceAll("$namespace", place.namespace)
      .replaceAll("$version", place.version)
      .replaceAll("$model", place.model);
  return { bad: fill(bad), total: fill(total) };
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

const SELECTOR = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{("(\\.|[^"\\])*"|[^{}"])*\})?$/;

/**
 * A query for all samples of the last seconds. Of a plain selector they are the scraped ones, with their true times; other
 * expressions are evaluated every 15 s.
 */
export function rangeQuery(query: string, seconds: number): string {
  const window = `${Math.ceil(seconds)}s`;
  return SELECTOR.test(query.trim()) ? `${query.trim()}[${window}]` : `(${query.trim()})[${window}:15s]`;
}
