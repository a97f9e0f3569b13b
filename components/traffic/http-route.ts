import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import type { Backend } from "../kubernetes/service.ts";
import type { HttpRouteGateway } from "./gateway.ts";
import { RETRIED_CODES, retriesOf, TRAEFIK_GROUP } from "./gateway-policies.ts";
import type { ResolvedTraffic } from "./resolve.ts";
import { remainingPercent, wholeWeights } from "./weights.ts";

/**
 * The HTTPRoute: the header rule first, since the more specific match wins, then the weights.
 *
 * @param middlewares names of the Traefik Middlewares that every request passes through, in order
 */
export function routeManifest(
  traffic: ResolvedTraffic,
  gateway: HttpRouteGateway,
  middlewares: readonly pulumi.Input<string>[] = [],
): k8s.apiextensions.CustomResourceArgs {
  const { canary, canaryHeader, path, timeoutSeconds } = traffic;
  const filters = [
    ...middlewares.map((name) => ({
      type: "ExtensionRef",
      extensionRef: { group: TRAEFIK_GROUP, kind: "Middleware", name },
    })),
    ...mirrorFilter(traffic, gateway),
    ...(path === "/"
      ? []
      : [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }]),
  ];
  const rule = (match: object, backendRefs: object[]) => ({
    matches: [{ path: { type: "PathPrefix", value: path }, ...match }],
    ...(filters.length === 0 ? {} : { filters }),
    // Traefik has no timeout that 0 could turn off.
    ...(timeoutSeconds === undefined || gateway.implementation === "traefik"
      ? {}
      : { timeouts: { request: `${timeoutSeconds}s` } }),
    ...retry(traffic, gateway),
    backendRefs,
  });
  const [first, ...others] = weightedBackends(traffic);
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: objectMeta({
      name: traffic.name,
      namespace: traffic.namespace,
      ...(traffic.annotations === undefined ? {} : { annotations: traffic.annotations }),
    }),
    spec: {
      ...attachment(traffic, gateway, gateway.sectionName),
      rules: [
        ...(canary === undefined || canaryHeader === undefined
          ? []
          : [
              rule({ headers: [{ type: "Exact", name: canaryHeader.name, value: canaryHeader.value }] }, [
                backendRef(canary, 1),
              ]),
            ]),
        rule({}, [
          mirroredByTraefik(traffic, gateway, backendRef(first.backend, first.weight)),
          ...others.map(({ backend, weight }) => backendRef(backend, weight)),
        ]),
      ],
    },
  };
}

interface WeightedBackend {
  readonly backend: Backend;
  /** Whole number, in the ratio of the shares. */
  readonly weight: number;
}

/** The backends of a route with their weights: the stable version, the canary and the others. */
export function weightedBackends(traffic: ResolvedTraffic): [WeightedBackend, ...WeightedBackend[]] {
  const { stable, canary, canaryWeight, others } = traffic;
  const rest = [...(canary === undefined ? [] : [{ backend: canary, percent: canaryWeight }]), ...others];
  if (rest.length === 0) return [{ backend: stable, weight: 1 }];
  const percents = rest.map(({ percent }) => percent);
  const [first = 0, ...weights] = wholeWeights([remainingPercent(percents), ...percents]).weights;
  return [
    { backend: stable, weight: first },
    ...rest.map(({ backend }, index) => ({ backend, weight: weights[index] ?? 0 })),
  ];
}

/** The HTTPRoute on the plain HTTP listener that redirects every request to HTTPS. */
export function redirectRouteManifest(
  traffic: ResolvedTraffic,
  gateway: HttpRouteGateway,
): k8s.apiextensions.CustomResourceArgs {
  const { name, namespace, path } = traffic;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: objectMeta({ name: name === undefined ? undefined : `${name}-redirect`, namespace }),
    spec: {
      ...attachment(traffic, gateway, gateway.httpSectionName),
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: path } }],
          filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }],
        },
      ],
    },
  };
}

/** The Gateway that a route attaches to, and the hosts that it answers. */
export function attachment(
  { hosts }: Pick<ResolvedTraffic, "hosts">,
  { name, namespace }: HttpRouteGateway,
  listener: string | undefined,
) {
  return {
    parentRefs: [{ name, namespace, ...(listener === undefined ? {} : { sectionName: listener }) }],
    ...(hosts === undefined ? {} : { hostnames: [...hosts] }),
  };
}

function backendRef({ service, port }: Backend, weight: number) {
  return { name: service, port, weight };
}

/**
 * The route's own retries are in the standard channel only since Gateway API 1.7, so they have to be asked for. Without them
 * Traefik, Envoy Gateway and kgateway retry by objects of their own, and Istio retries connections that fail twice.
 */
function retry(traffic: ResolvedTraffic, { implementation, routeRetries }: HttpRouteGateway) {
  const attempts = retriesOf(traffic);
  if (implementation === "traefik" || routeRetries !== true || attempts === 0) return {};
  return { retry: { codes: RETRIED_CODES, attempts } };
}

function mirrorFilter({ mirror }: ResolvedTraffic, { implementation }: HttpRouteGateway) {
  if (mirror === undefined || implementation === "traefik") return [];
  const { backend, percent } = mirror;
  return [
    {
      type: "RequestMirror",
      requestMirror: {
        backendRef: { name: backend.service, port: backend.port },
        // Without a percentage every request is copied.
        ...(percent === 100 ? {} : { percent }),
      },
    },
  ];
}

/** Traefik mirrors by a TraefikService, which has the name of the Service that it stands in front of. */
function mirroredByTraefik(
  { mirror }: ResolvedTraffic,
  { implementation }: HttpRouteGateway,
  ref: { name: pulumi.Input<string>; port: number; weight: number },
) {
  if (mirror === undefined || implementation !== "traefik") return ref;
  return { group: TRAEFIK_GROUP, kind: "TraefikService", name: ref.name, weight: ref.weight };
}
