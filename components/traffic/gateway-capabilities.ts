import type { ResolvedGateway } from "./gateway.ts";

/** The API that routes are written in, and what implements it. */
export type GatewayKind =
  | "HTTPRoute/traefik"
  | "HTTPRoute/envoy-gateway"
  | "HTTPRoute/istio"
  | "HTTPRoute/kgateway"
  | "HTTPRoute/generic"
  | "Ingress/traefik"
  | "Ingress/ingress-nginx";

/** A setting of a route that not every gateway supports, as its path below `traffic`. */
export type TrafficFeature =
  | "bodyLimit"
  | "grpc"
  | "mirror"
  | "mirror.percent"
  | "rateLimit"
  | "retries.attempts"
  | "timeoutSeconds"
  | "tls.redirect"
  | "tls.secretName"
  | "weights";

const CERTIFICATE_OF_LISTENER = "the certificate belongs to the Gateway's HTTPS listener; set it there";

const ONE_PROTOCOL = "an Ingress has one protocol for all paths; leave it out, or use gateway.api HTTPRoute";

const ONE_CANARY = "controllers accept one canary for a path; leave it out, or use gateway.api HTTPRoute";

/**
 * What each gateway does not support, and what to do instead; it supports every other setting. A gateway silently ignores
 * such a setting, so it is an error before anything is created.
 *
 * Sources: Traefik 3.7.6, its Gateway API and ingress-nginx providers (timeouts: traefik/traefik #11902); Envoy Gateway's
 * BackendTrafficPolicy; kgateway's TrafficPolicy; Istio's Gateway API tasks; the annotations of ingress-nginx.
 */
export const GATEWAY_LACKS: Readonly<Record<GatewayKind, Partial<Readonly<Record<TrafficFeature, string>>>>> = {
  "HTTPRoute/traefik": {
    timeoutSeconds:
      "it accepts the timeouts of an HTTPRoute and ignores them; leave it out, or use gateway.api Ingress",
    "tls.secretName": CERTIFICATE_OF_LISTENER,
  },
  "HTTPRoute/envoy-gateway": { "tls.secretName": CERTIFICATE_OF_LISTENER },
  "HTTPRoute/istio": {
    rateLimit:
      "it limits rates only through an EnvoyFilter that you write yourself; leave it out, or use another gateway",
    bodyLimit:
      "it limits bodies only through an EnvoyFilter that you write yourself; leave it out: the server has its own limit",
    "tls.secretName": CERTIFICATE_OF_LISTENER,
  },
  "HTTPRoute/kgateway": { "tls.secretName": CERTIFICATE_OF_LISTENER },
  "HTTPRoute/generic": {
    rateLimit: "the Gateway API has no limits; attach your gateway's own policy by extraObjects, and leave it out",
    bodyLimit: "the Gateway API has no limits; leave it out: the server has its own bound",
    "tls.secretName": CERTIFICATE_OF_LISTENER,
  },
  "Ingress/traefik": {
    mirror: "it has no mirror annotation; leave it out, or use gateway.api HTTPRoute",
    grpc: ONE_PROTOCOL,
    weights: ONE_CANARY,
  },
  "Ingress/ingress-nginx": {
    "mirror.percent": "it copies every request or none; leave it out",
    grpc: ONE_PROTOCOL,
    weights: ONE_CANARY,
  },
};

/** The settings of a route that decide which features it uses. */
export interface TrafficSettings {
  readonly path: string;
  readonly rateLimit?: object;
  readonly bodyLimit?: string;
  readonly grpc?: object;
  readonly timeoutSeconds?: number;
  readonly tls?: { readonly redirect: boolean; readonly secretName?: string };
  readonly mirror?: { readonly percent: number };
  /** More versions with a share. */
  readonly weights?: object;
  readonly others?: readonly unknown[];
}

/** A setting that would be ignored: its path below `traffic`, and what to do. */
export interface UnsupportedSetting {
  readonly path: string;
  readonly message: string;
}

/** The settings of a route that its gateway would ignore. */
export function unsupportedSettings(gateway: ResolvedGateway, traffic: TrafficSettings): UnsupportedSetting[] {
  const lacks = GATEWAY_LACKS[`${gateway.api}/${gateway.implementation}` as GatewayKind];
  const unsupported = featuresOf(traffic).flatMap((feature) => {
    const remedy = lacks[feature];
    if (remedy === undefined) return [];
    return [{ path: feature, message: `is not supported by ${describe(gateway)}: ${remedy}` }];
  });
  return [...unsupported, ...incomplete(gateway, traffic)];
}

/** Settings that are right by themselves, and miss another one. */
function incomplete(
  gateway: ResolvedGateway,
  { path, tls, mirror, timeoutSeconds }: TrafficSettings,
): UnsupportedSetting[] {
  const problems: UnsupportedSetting[] = [];
  if (gateway.api === "HTTPRoute" && tls?.redirect === true) {
    if (gateway.sectionName === undefined || gateway.httpSectionName === undefined) {
      const message = "needs gateway.sectionName, the HTTPS listener, and gateway.httpSectionName, the HTTP one";
      problems.push({ path: "tls.redirect", message });
    }
  }
  if (gateway.api === "Ingress" && timeoutSeconds === 0) {
    const message =
      "is 0, and a controller of Ingresses closes a connection without data after some time; set the longest pause in seconds";
    problems.push({ path: "timeoutSeconds", message });
  }
  if (gateway.implementation === "ingress-nginx" && mirror !== undefined && path !== "/") {
    const message = `is not supported by ${describe(gateway)} under the path ${path}: it copies requests without removing the prefix; give the model its own host`;
    problems.push({ path: "mirror", message });
  }
  return problems;
}

function describe({ api, implementation }: ResolvedGateway): string {
  return `${implementation} with ${api}`;
}

/** The features that a route uses, of those that not every gateway supports. */
function featuresOf(settings: TrafficSettings): TrafficFeature[] {
  const { rateLimit, bodyLimit, timeoutSeconds, tls, mirror, grpc, weights = {}, others = [] } = settings;
  const used: [TrafficFeature, boolean][] = [
    ["rateLimit", rateLimit !== undefined],
    ["bodyLimit", bodyLimit !== undefined],
    ["grpc", grpc !== undefined],
    // Without a timeout nothing is ignored.
    ["timeoutSeconds", timeoutSeconds !== undefined && timeoutSeconds > 0],
    ["tls.redirect", tls?.redirect === true],
    ["tls.secretName", tls?.secretName !== undefined],
    ["mirror", mirror !== undefined],
    ["mirror.percent", mirror !== undefined && mirror.percent !== 100],
    ["weights", Object.keys(weights).length > 0 || others.length > 0],
  ];
  return used.flatMap(([feature, wanted]) => (wanted ? [feature] : []));
}
