import { GATEWAY_LACKS, type GatewayKind, type TrafficFeature } from "../components/traffic/gateway-capabilities.ts";

/** What each setting becomes, by gateway. */
const WRITTEN: Readonly<Record<TrafficFeature, Partial<Readonly<Record<GatewayKind, string>>>>> = {
  rateLimit: {
    "HTTPRoute/traefik": "Middleware, for each client",
    "HTTPRoute/envoy-gateway": "BackendTrafficPolicy, for the route",
    "HTTPRoute/kgateway": "TrafficPolicy, for the route",
    "Ingress/traefik": "annotation, for each client",
    "Ingress/ingress-nginx": "annotation, for each client; rejects with 503",
  },
  bodyLimit: {
    "HTTPRoute/traefik": "Middleware",
    "HTTPRoute/envoy-gateway": "BackendTrafficPolicy",
    "HTTPRoute/kgateway": "TrafficPolicy",
  },
  grpc: {},
  mirror: { "HTTPRoute/traefik": "TraefikService behind the route" },
  "mirror.percent": { "HTTPRoute/traefik": "TraefikService behind the route" },
  "retries.attempts": { "HTTPRoute/traefik": "Middleware, on 502" },
  timeoutSeconds: {},
  "tls.redirect": {},
  "tls.secretName": {},
  weights: {},
};

const INTRODUCTION = `# Gateways

What the settings under \`models[].traffic\` become at each gateway. Weights, headers, hosts and paths work at all of them. A setting that a gateway would
ignore is an error at preview, with its path. \`npm run docs\` generates this page from the table that the check reads.
`;

const NOTES = `## To know

- With the API Ingress, weight and header are in one canary Ingress, because controllers accept one canary for a path. Traefik applies a canary to every Ingress
  in the namespace that has the same Service as its stable version (traefik/traefik #12906), so use that Service in no other Ingress.
- With the API Ingress, a canary without ready pods gets no requests. An HTTPRoute has no such fallback: its share of the requests fails. So \`up\` moves weight
  only to versions that are ready. Scaling a version with weight to 0 is an error at preview.
- A canary's weight may have four decimals, such as \`canaryWeight: 0.5\`. Routes and Ingresses have whole numbers in the same ratio: 995 and 5, or a weight of 5 with
  \`canary-weight-total\` 1000.
- Streams, such as server-sent events, that last longer than a gateway's timeout for a response (15 s at Envoy Gateway) need \`timeoutSeconds: 0\`. Traefik has no such
  timeout with HTTPRoute, but its \`bodyLimit\` holds a response back until it is complete; leave it out for streams. With the API Ingress, \`timeoutSeconds\` is the longest
  pause between two parts of a stream.
- A gateway accepts either an HTTPRoute or a GRPCRoute for a host, so \`grpc\` has hosts of its own. Of the limits, only \`rateLimit\` applies to its calls.
- Traefik ranks routes by its own numbers. A rule for a header and every host would come before the rules of other models (with the API Ingress also before
  those of longer paths), and is an error; give the model its own host. This is checked within a stack, not between stacks.
- \`tls.redirect\` with HTTPRoute needs two listeners: \`gateway.sectionName\` for HTTPS and \`gateway.httpSectionName\` for HTTP. With Ingress and without a
  \`secretName\` it is for HTTPS that is terminated in front of the controller.
- \`generic\` is any other conformant gateway. Its routes have only what every gateway knows.
- Traefik, Envoy Gateway and kgateway retry by kinds of their own. The route's own \`retry\` is in the standard channel only since Gateway API 1.7, and the API server
  refuses a field that it does not know: \`gateway.routeRetries: true\` writes it, for Istio and \`generic\`. Istio retries failed connections twice without it.
- ingress-nginx was retired in March 2026; Traefik still supports its annotations.
- Tested here: Traefik 3.7 with both APIs. The others follow their documentation.

## A gateway for a cluster you have

The \`dev\` stack attaches its routes to the Gateway \`ml-gateway\` in the namespace \`gateway-system\`; \`npm run up\` without a context creates it. A cluster of kind,
k3d or minikube has none at first. Install Traefik by its Helm chart (from its documentation; not tested here, without a container engine):

    kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.0/standard-install.yaml
    helm repo add traefik https://traefik.github.io/charts
    helm install traefik traefik/traefik --namespace gateway-system --create-namespace \\
      --set providers.kubernetesGateway.enabled=true --set gateway.enabled=false
    kubectl apply -f - <<'END'
    apiVersion: gateway.networking.k8s.io/v1
    kind: Gateway
    metadata: { name: ml-gateway, namespace: gateway-system }
    spec:
      gatewayClassName: traefik
      listeners:
        # The chart's entry point "web".
        - { name: http, protocol: HTTP, port: 8000, allowedRoutes: { namespaces: { from: All } } }
    END

Any other controller of the Gateway API works too: set \`gateway: {name, namespace, implementation}\` in the stack file.
`;

/** The page that describes how each gateway implements each setting. */
export function gatewayReference(): string {
  const kinds = Object.keys(GATEWAY_LACKS) as GatewayKind[];
  const features = Object.keys(WRITTEN) as TrafficFeature[];
  const rows = kinds.map((kind) => {
    const lacks = GATEWAY_LACKS[kind];
    const cells = features.map((feature) => {
      // Without a mirror there is no percentage of one.
      const missing = feature in lacks || (feature === "mirror.percent" && "mirror" in lacks);
      return missing ? "no" : (WRITTEN[feature][kind] ?? "yes");
    });
    return `| ${kind.replace("/", ", ")} | ${cells.join(" | ")} |`;
  });
  const head = `| gateway | ${features.map((feature) => `\`${feature}\``).join(" | ")} |`;
  const table = [head, `| --- |${" --- |".repeat(features.length)}`, ...rows];
  return [INTRODUCTION, ...table, "", NOTES].join("\n");
}
