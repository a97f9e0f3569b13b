import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { bytes } from "../kubernetes/quantity.ts";
import type { HttpRouteGateway } from "./gateway.ts";
import type { ResolvedTraffic } from "./resolve.ts";

/** API group of Traefik's own kinds. */
export const TRAEFIK_GROUP = "traefik.io";

/** Status codes after which a request is retried: for a pod that is gone, Traefik answers 502, and Envoy 502 or 503. */
export const RETRIED_CODES = [502, 503];

/** Failures before an answer, after which a request is retried as well. */
const RETRIED_FAILURES = ["connect-failure", "reset"];

/** How often a request is repeated after its first attempt. */
export function retriesOf({ retries }: Pick<ResolvedTraffic, "retries">): number {
  return retries === false ? 0 : retries.attempts - 1;
}

type Manifest = k8s.apiextensions.CustomResourceArgs;

type RouteKind = "HTTPRoute" | "GRPCRoute";

type RateLimit = NonNullable<ResolvedTraffic["rateLimit"]>;

/** The objects of a gateway's own kinds that a route needs. */
export interface GatewayPolicies {
  /** Objects that the route's rules refer to as filters, in this order. */
  readonly filters: readonly { readonly suffix: string; readonly manifest: Manifest }[];
  /** Objects that the route sends requests to; they have to exist first. */
  readonly targets: readonly { readonly suffix: string; readonly manifest: Manifest }[];
  /** Objects that attach to the route by its name. */
  readonly attached: readonly {
    readonly suffix: string;
    readonly manifest: (route: pulumi.Input<string>) => Manifest;
  }[];
}

/**
 * The limits of a GRPCRoute: the rate. Bodies are streams, which must not be buffered to be measured or repeated; the server
 * limits a message, and clients of gRPC repeat calls by themselves.
 */
export function grpcPolicies(traffic: ResolvedTraffic, gateway: HttpRouteGateway): GatewayPolicies {
  const limits = { ...traffic, bodyLimit: undefined, retries: false, mirror: undefined } as const;
  return gatewayPolicies(limits, gateway, "GRPCRoute");
}

/** The retries, limits and mirrors of a route, as far as its gateway has its own kinds for them. */
export function gatewayPolicies(
  traffic: ResolvedTraffic,
  { implementation }: HttpRouteGateway,
  kind: RouteKind = "HTTPRoute",
): GatewayPolicies {
  switch (implementation) {
    case "traefik":
      return traefikPolicies(traffic);
    case "envoy-gateway":
      return { filters: [], targets: [], attached: envoyGatewayPolicies(traffic, kind) };
    case "kgateway":
      return { filters: [], targets: [], attached: kgatewayPolicies(traffic, kind) };
    default:
      return { filters: [], targets: [], attached: [] };
  }
}

function traefikPolicies(traffic: ResolvedTraffic): GatewayPolicies {
  const { namespace, rateLimit, bodyLimit, retries, mirror } = traffic;
  return {
    filters: [
      ...(rateLimit === undefined
        ? []
        : [{ suffix: "rate-limit", manifest: middleware(namespace, { rateLimit: traefikRateLimit(rateLimit) }) }]),
      ...(bodyLimit === undefined
        ? []
        : [
            {
              suffix: "body-limit",
              manifest: middleware(namespace, { buffering: { maxRequestBodyBytes: bytes(bodyLimit) } }),
            },
          ]),
      ...(retries === false ? [] : [{ suffix: "retry", manifest: retryMiddleware(namespace, retries.attempts) }]),
    ],
    targets: mirror === undefined ? [] : [{ suffix: "mirror", manifest: mirrorService(traffic, mirror) }],
    attached: [],
  };
}

/** @see https://doc.traefik.io/traefik/middlewares/overview/ */
function middleware(namespace: pulumi.Input<string>, spec: object): Manifest {
  return { apiVersion: `${TRAEFIK_GROUP}/v1alpha1`, kind: "Middleware", metadata: objectMeta({ namespace }), spec };
}

/**
 * Traefik's retry on 502, which it answers when the pod refused or dropped the connection.
 *
 * @see https://doc.traefik.io/traefik/middlewares/http/retry/
 */
function retryMiddleware(namespace: pulumi.Input<string>, attempts: number): Manifest {
  return middleware(namespace, { retry: { attempts, status: ["502"], retryNonIdempotentMethod: true } });
}

function traefikRateLimit(limit: RateLimit) {
  return { average: limit.requestsPerSecond, period: "1s", burst: burstOf(limit) };
}

/**
 * The stable version with its mirror, under the name of its Service.
 *
 * @see https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/traefikservice/
 */
function mirrorService(
  { namespace, stable }: ResolvedTraffic,
  { backend, percent }: NonNullable<ResolvedTraffic["mirror"]>,
): Manifest {
  return {
    apiVersion: `${TRAEFIK_GROUP}/v1alpha1`,
    kind: "TraefikService",
    metadata: { ...objectMeta({ namespace }), name: stable.service },
    spec: {
      mirroring: {
        name: stable.service,
        port: stable.port,
        mirrors: [{ name: backend.service, port: backend.port, percent }],
      },
    },
  };
}

/** @see https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy */
function envoyGatewayPolicies(traffic: ResolvedTraffic, kind: RouteKind): GatewayPolicies["attached"] {
  const { namespace, rateLimit, bodyLimit } = traffic;
  const numRetries = retriesOf(traffic);
  if (rateLimit === undefined && bodyLimit === undefined && numRetries === 0) return [];
  const triggers = [...RETRIED_FAILURES, "retriable-status-codes"];
  const rate = rateLimit?.requestsPerSecond;
  const manifest = (route: pulumi.Input<string>): Manifest => ({
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "BackendTrafficPolicy",
    metadata: objectMeta({ namespace }),
    spec: {
      targetRefs: [routeReference(kind, route)],
      ...(rate === undefined
        ? {}
        : { rateLimit: { type: "Local", local: { rules: [{ limit: { requests: rate, unit: "Second" } }] } } }),
      ...(bodyLimit === undefined ? {} : { requestBuffer: { limit: bodyLimit } }),
      ...(numRetries === 0 ? {} : { retry: { numRetries, retryOn: { triggers, httpStatusCodes: RETRIED_CODES } } }),
    },
  });
  return [{ suffix: "limits", manifest }];
}

/** @see https://kgateway.dev/docs/latest/reference/api/#trafficpolicyspec */
function kgatewayPolicies(traffic: ResolvedTraffic, kind: RouteKind): GatewayPolicies["attached"] {
  const { namespace, rateLimit, bodyLimit } = traffic;
  const attempts = retriesOf(traffic);
  if (rateLimit === undefined && bodyLimit === undefined && attempts === 0) return [];
  const manifest = (route: pulumi.Input<string>): Manifest => ({
    apiVersion: "gateway.kgateway.dev/v1alpha1",
    kind: "TrafficPolicy",
    metadata: objectMeta({ namespace }),
    spec: {
      targetRefs: [routeReference(kind, route)],
      ...(rateLimit === undefined
        ? {}
        : {
            rateLimit: {
              local: {
                tokenBucket: {
                  maxTokens: burstOf(rateLimit),
                  tokensPerFill: rateLimit.requestsPerSecond,
                  fillInterval: "1s",
                },
              },
            },
          }),
      ...(bodyLimit === undefined ? {} : { buffer: { maxRequestSize: bodyLimit } }),
      ...(attempts === 0 ? {} : { retry: { attempts, retryOn: RETRIED_FAILURES, statusCodes: RETRIED_CODES } }),
    },
  });
  return [{ suffix: "limits", manifest }];
}

function routeReference(kind: RouteKind, name: pulumi.Input<string>) {
  return { group: "gateway.networking.k8s.io", kind, name };
}

function burstOf({ requestsPerSecond, burstMultiplier }: RateLimit): number {
  return requestsPerSecond * burstMultiplier;
}
