import type { LiveObject } from "../../cluster/kubectl.ts";
import { remainingPercent, roundedPercent } from "../../components/traffic/weights.ts";
import { valueAt } from "./fields.ts";

/** The route to a Service, and the Service's share of its requests. */
export interface RouteShare {
  /** Percent of the requests, by the route's rule without header matches. */
  readonly percent: number;
  readonly path: string;
  /** Host of the route; undefined if it accepts every host. */
  readonly host: string | undefined;
}

/** Kinds of routes, as an argument of kubectl. */
export const ROUTE_KINDS = "httproutes.gateway.networking.k8s.io,ingresses.networking.k8s.io";

interface Rule {
  readonly matches?: readonly { readonly path?: { readonly value?: string }; readonly headers?: readonly unknown[] }[];
  readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[];
}

/** The share of requests that the routes of a namespace send to one of the given Services; undefined if there is no route. */
export function routeShare(services: ReadonlySet<string>, routes: readonly LiveObject[]): RouteShare | undefined {
  for (const route of routes) {
    const share = route.kind === "Ingress" ? ingressShare(services, route, routes) : httpRouteShare(services, route);
    if (share !== undefined) return share;
  }
  return undefined;
}

function httpRouteShare(services: ReadonlySet<string>, route: LiveObject): RouteShare | undefined {
  const rules = (valueAt(route, "spec.rules") ?? []) as readonly Rule[];
  const rule = rules.find(({ matches }) => (matches ?? []).every(({ headers }) => headers === undefined));
  const backends = rule?.backendRefs ?? [];
  const backend = backends.find(({ name }) => services.has(name));
  if (backend === undefined) return undefined;
  const total = backends.reduce((sum, { weight }) => sum + (weight ?? 1), 0);
  const hosts = valueAt(route, "spec.hostnames") as readonly string[] | undefined;
  return {
    percent: total === 0 ? 0 : roundedPercent((100 * (backend.weight ?? 1)) / total),
    path: rule?.matches?.[0]?.path?.value ?? "/",
    host: hosts?.[0],
  };
}

interface IngressPath {
  readonly host: string | undefined;
  readonly path: string;
  readonly service: string;
}

/** Prefix of ingress-nginx annotations. */
const ANNOTATION = "nginx.ingress.kubernetes.io/";

/** A canary Ingress takes its weight from the Ingress that has the same host and path. */
function ingressShare(
  services: ReadonlySet<string>,
  ingress: LiveObject,
  routes: readonly LiveObject[],
): RouteShare | undefined {
  const own = pathsOf(ingress).find(({ service }) => services.has(service));
  if (own === undefined) return undefined;
  const { host, path } = own;
  const place = { path: plainPath(path), host };
  if (isCanary(ingress)) return { percent: canaryPercent(ingress), ...place };
  const canary = routes.find(
    (other) =>
      other.kind === "Ingress" &&
      isCanary(other) &&
      pathsOf(other).some((candidate) => candidate.host === host && candidate.path === path),
  );
  return { percent: canary === undefined ? 100 : remainingPercent([canaryPercent(canary)]), ...place };
}

function pathsOf(ingress: LiveObject): IngressPath[] {
  type Rules = { host?: string; http?: { paths?: { path?: string; backend?: { service?: { name?: string } } }[] } }[];
  return ((valueAt(ingress, "spec.rules") ?? []) as Rules).flatMap(({ host, http }) =>
    (http?.paths ?? []).map(({ path, backend }) => ({
      host,
      path: path ?? "/",
      service: backend?.service?.name ?? "",
    })),
  );
}

/** The prefix of a path that is a regular expression, such as `/iris(/|$)(.*)`. */
function plainPath(path: string): string {
  return (
    path
      .replace(/[(^$*[].*$/, "")
      .replaceAll("\\.", ".")
      .replace(/(.)\/+$/, "$1") || "/"
  );
}

const isCanary = ({ metadata }: LiveObject) => metadata.annotations?.[`${ANNOTATION}canary`] === "true";

/** Percent of the requests for a canary Ingress. */
function canaryPercent({ metadata: { annotations = {} } }: LiveObject): number {
  const weight = Number(annotations[`${ANNOTATION}canary-weight`] ?? 0);
  return roundedPercent((100 * weight) / Number(annotations[`${ANNOTATION}canary-weight-total`] ?? 100));
}
