import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import type { RateLimitArgs, RetryArgs, TrafficArgs } from "./traffic-args.ts";

/** API group of Traefik's own kinds. */
export const TRAEFIK_GROUP = "traefik.io";

/** Tries of one request where none are given. */
export const DEFAULT_ATTEMPTS = 8;

type Manifest = k8s.apiextensions.CustomResourceArgs;

/** The objects of a gateway's own kinds that a route needs beside it. */
export interface GatewayPolicies {
  /** Objects that the route's rules name as filters, in this order. */
  readonly filters: readonly { readonly suffix: string; readonly manifest: Manifest }[];
  /** Objects that the route sends requests to: they have to be there first. */
  readonly targets: readonly { readonly suffix: string; readonly manifest: Manifest }[];
  /** Objects that attach to the route by its name. */
  readonly attached: readonly {
    readonly suffix: string;
    readonly manifest: (route: pulumi.Input<string>) => Manifest;
  }[];
}

/** The retries, limits and mirrors of a route that its gateway has kinds of its own for. */
export function gatewayPolicies(args: TrafficArgs): GatewayPolicies {
  switch (args.gateway.implementation) {
    case "traefik":
      return traefikPolicies(args);
    case "envoy-gateway":
      return { filters: [], targets: [], attached: envoyGatewayPolicies(args) };
    case "kgateway":
      return { filters: [], targets: [], attached: kgatewayPolicies(args) };
    default:
      return { filters: [], targets: [], attached: [] };
  }
}

function traefikPolicies(args: TrafficArgs): GatewayPolicies {
  const { namespace, rateLimit, bodyLimit, retries, mirror } = args;
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
              manifest: middleware(namespace, { buffering: { maxRequestBodyBytes: sizeInBytes(bodyLimit) } }),
            },
          ]),
      ...(retries === false ? [] : [{ suffix: "retry", manifest: retryMiddleware(namespace, retries ?? {}) }]),
    ],
    targets: mirror === undefined ? [] : [{ suffix: "mirror", manifest: mirrorService(args, mirror) }],
    attached: [],
  };
}

/** @see https://doc.traefik.io/traefik/middlewares/overview/ */
function middleware(namespace: pulumi.Input<string>, spec: object): Manifest {
  return { apiVersion: `${TRAEFIK_GROUP}/v1alpha1`, kind: "Middleware", metadata: objectMeta({ namespace }), spec };
}

/**
 * Traefik's retry on 502, which it gives where the pod behind it refused or dropped the connection.
 *
 * @see https://doc.traefik.io/traefik/middlewares/http/retry/
 */
function retryMiddleware(namespace: pulumi.Input<string>, args: RetryArgs): Manifest {
  return middleware(namespace, {
    retry: { attempts: args.attempts ?? DEFAULT_ATTEMPTS, status: ["502"], retryNonIdempotentMethod: true },
  });
}

function traefikRateLimit(args: RateLimitArgs) {
  const { requestsPerSecond, burst } = rateAndBurst(args);
  return { average: requestsPerSecond, period: "1s", burst };
}

/**
 * The stable version with its mirror, under the name of its Service.
 *
 * @see https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/traefikservice/
 */
function mirrorService({ namespace, stable }: TrafficArgs, mirror: NonNullable<TrafficArgs["mirror"]>): Manifest {
  const { backend, percent } = mirror;
  return {
    apiVersion: `${TRAEFIK_GROUP}/v1alpha1`,
    kind: "TraefikService",
    metadata: { ...objectMeta({ namespace }), name: stable.service },
    spec: {
      mirroring: {
        name: stable.service,
        port: stable.port,
        mirrors: [{ name: backend.service, port: backend.port, percent: percent ?? 100 }],
      },
    },
  };
}

/** @see https://gateway.envoyproxy.io/docs/api/extension_types/#backendtrafficpolicy */
function envoyGatewayPolicies({ namespace, rateLimit, bodyLimit }: TrafficArgs): GatewayPolicies["attached"] {
  if (rateLimit === undefined && bodyLimit === undefined) return [];
  const rate = rateLimit === undefined ? undefined : rateAndBurst(rateLimit).requestsPerSecond;
  const manifest = (route: pulumi.Input<string>): Manifest => ({
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "BackendTrafficPolicy",
    metadata: objectMeta({ namespace }),
    spec: {
      targetRefs: [routeReference(route)],
      ...(rate === undefined
        ? {}
        : { rateLimit: { type: "Local", local: { rules: [{ limit: { requests: rate, unit: "Second" } }] } } }),
      ...(bodyLimit === undefined ? {} : { requestBuffer: { limit: bodyLimit } }),
    },
  });
  return [{ suffix: "limits", manifest }];
}

/** @see https://kgateway.dev/docs/latest/reference/api/#trafficpolicyspec */
function kgatewayPolicies({ namespace, rateLimit, bodyLimit }: TrafficArgs): GatewayPolicies["attached"] {
  if (rateLimit === undefined && bodyLimit === undefined) return [];
  const limits = rateLimit === undefined ? undefined : rateAndBurst(rateLimit);
  const manifest = (route: pulumi.Input<string>): Manifest => ({
    apiVersion: "gateway.kgateway.dev/v1alpha1",
    kind: "TrafficPolicy",
    metadata: objectMeta({ namespace }),
    spec: {
      targetRefs: [routeReference(route)],
      ...(limits === undefined
        ? {}
        : {
            rateLimit: {
              local: {
                tokenBucket: { maxTokens: limits.burst, tokensPerFill: limits.requestsPerSecond, fillInterval: "1s" },
              },
            },
          }),
      ...(bodyLimit === undefined ? {} : { buffer: { maxRequestSize: bodyLimit } }),
    },
  });
  return [{ suffix: "limits", manifest }];
}

function routeReference(name: pulumi.Input<string>) {
  return { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name };
}

/** The rate of a limit, and the most requests at once. */
export function rateAndBurst({ requestsPerSecond = 100, burstMultiplier = 5 }: RateLimitArgs): {
  requestsPerSecond: number;
  burst: number;
  burstMultiplier: number;
} {
  return { requestsPerSecond, burst: requestsPerSecond * burstMultiplier, burstMultiplier };
}

/** Bytes of a size such as `10Mi`. */
export function sizeInBytes(size: string): number {
  const [, number = "", unit = ""] = /^([0-9]+)(Ki|Mi|Gi)$/.exec(size) ?? [];
  return Number(number) * 1024 ** (["Ki", "Mi", "Gi"].indexOf(unit) + 1);
}
