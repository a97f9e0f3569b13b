/** Who implements the traffic of a stack, and in which form it is written. */
export type GatewayKind =
  | "HTTPRoute/traefik"
  | "HTTPRoute/envoy-gateway"
  | "HTTPRoute/istio"
  | "HTTPRoute/kgateway"
  | "Ingress/traefik"
  | "Ingress/ingress-nginx";

/** A setting of a route that not every gateway honours, as its path below `traffic`. */
export type TrafficFeature =
  | "bodyLimit"
  | "mirror"
  | "mirror.percent"
  | "rateLimit"
  | "retries.attempts"
  | "timeoutSeconds"
  | "tls.redirect"
  | "tls.secretName";

const CERTIFICATE_OF_LISTENER = "the certificate belongs to the Gateway's HTTPS listener; set it there";

/**
 * What each gateway does not honour, and what to do instead; every other setting it honours. A gateway ignores such a
 * setting in silence, so it is an error before anything is created.
 *
 * Read in: Traefik 3.7.6, its Gateway API and ingress-nginx providers (timeouts: traefik/traefik #11902); Envoy Gateway's
 * BackendTrafficPolicy; kgateway's TrafficPolicy; Istio's Gateway API tasks; the annotations of ingress-nginx.
 */
export const GATEWAY_LACKS: Readonly<Record<GatewayKind, Partial<Readonly<Record<TrafficFeature, string>>>>> = {
  "HTTPRoute/traefik": {
    timeoutSeconds:
      "it accepts the timeouts of an HTTPRoute and ignores them; leave it out, or use gateway.form Ingress",
    "tls.secretName": CERTIFICATE_OF_LISTENER,
  },
  "HTTPRoute/envoy-gateway": { "tls.secretName": CERTIFICATE_OF_LISTENER },
  "HTTPRoute/istio": {
    rateLimit: "it limits rates by an EnvoyFilter of your own only; leave it out, or use another gateway",
    bodyLimit: "it limits bodies by an EnvoyFilter of your own only; leave it out: the server has its own bound",
    "tls.secretName": CERTIFICATE_OF_LISTENER,
  },
  "HTTPRoute/kgateway": { "tls.secretName": CERTIFICATE_OF_LISTENER },
  "Ingress/traefik": {
    mirror: "it knows no mirror annotation; leave it out, or use gateway.form HTTPRoute",
  },
  "Ingress/ingress-nginx": {
    "mirror.percent": "it copies every request or none; leave it out",
  },
};

/** The settings of a route that decide which features it asks for. */
export interface TrafficSettings {
  readonly path?: string;
  readonly retries?: false | { readonly attempts?: number };
  readonly rateLimit?: object;
  readonly bodyLimit?: string;
  readonly timeoutSeconds?: number;
  readonly tls?: { readonly redirect?: boolean; readonly secretName?: string };
  readonly mirror?: { readonly percent?: number };
}

/** What the checks have to know of a gateway. */
export interface GatewaySettings {
  readonly form?: "HTTPRoute" | "Ingress";
  readonly implementation: string;
  readonly sectionName?: string;
  readonly httpSectionName?: string;
}

/** A setting that would be ignored: its path below `traffic`, and what to do. */
export interface UnsupportedSetting {
  readonly path: string;
  readonly message: string;
}

/** The settings of a route that its gateway would ignore. */
export function unsupportedSettings(gateway: GatewaySettings, traffic: TrafficSettings): UnsupportedSetting[] {
  const kind = `${gateway.form ?? "HTTPRoute"}/${gateway.implementation}` as GatewayKind;
  const lacks = GATEWAY_LACKS[kind];
  const unsupported = featuresOf(traffic).flatMap((feature) => {
    const remedy = lacks[feature];
    if (remedy === undefined) return [];
    return [{ path: feature, message: `is not for ${describe(gateway)}: ${remedy}` }];
  });
  return [...unsupported, ...halfSet(gateway, traffic)];
}

/** Settings that are right by themselves, and miss another one. */
function halfSet(gateway: GatewaySettings, { path = "/", tls, mirror }: TrafficSettings): UnsupportedSetting[] {
  const form = gateway.form ?? "HTTPRoute";
  const problems: UnsupportedSetting[] = [];
  if (form === "HTTPRoute" && tls?.redirect === true) {
    if (gateway.sectionName === undefined || gateway.httpSectionName === undefined) {
      const message = "needs gateway.sectionName, the HTTPS listener, and gateway.httpSectionName, the HTTP one";
      problems.push({ path: "tls.redirect", message });
    }
  }
  if (form === "Ingress" && mirror !== undefined && path !== "/" && gateway.implementation === "ingress-nginx") {
    const message = `is not for ${describe(gateway)} under the path ${path}: it copies requests without cutting the prefix off; give the model a host of its own`;
    problems.push({ path: "mirror", message });
  }
  return problems;
}

function describe({ form = "HTTPRoute", implementation }: GatewaySettings): string {
  return `${implementation} with ${form}`;
}

/** The features that a route asks for, of those that not every gateway has. */
function featuresOf({ retries, rateLimit, bodyLimit, timeoutSeconds, tls, mirror }: TrafficSettings): TrafficFeature[] {
  const asked: [TrafficFeature, boolean][] = [
    ["rateLimit", rateLimit !== undefined],
    ["bodyLimit", bodyLimit !== undefined],
    ["timeoutSeconds", timeoutSeconds !== undefined],
    ["retries.attempts", typeof retries === "object" && retries.attempts !== undefined],
    ["tls.redirect", tls?.redirect === true],
    ["tls.secretName", tls?.secretName !== undefined],
    ["mirror", mirror !== undefined],
    ["mirror.percent", (mirror?.percent ?? 100) !== 100],
  ];
  return asked.flatMap(([feature, wanted]) => (wanted ? [feature] : []));
}
