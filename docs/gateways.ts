import { GATEWAY_LACKS, type GatewayKind, type TrafficFeature } from "../components/traffic/gateway-capabilities.ts";

/** What each setting is written as, where a gateway has it. */
const WRITTEN: Readonly<Record<TrafficFeature, Partial<Readonly<Record<GatewayKind, string>>>>> = {
  rateLimit: {
    "HTTPRoute/traefik": "Middleware, for each client",
    "HTTPRoute/envoy-gateway": "BackendTrafficPolicy, for the route",
    "HTTPRoute/kgateway": "TrafficPolicy, for the route",
    "Ingress/traefik": "annotation, for each client",
    "Ingress/ingress-nginx": "annotation, for each client; refuses with 503",
  },
  bodyLimit: {
    "HTTPRoute/traefik": "Middleware",
    "HTTPRoute/envoy-gateway": "BackendTrafficPolicy",
    "HTTPRoute/kgateway": "TrafficPolicy",
  },
  mirror: { "HTTPRoute/traefik": "TraefikService behind the route" },
  "mirror.percent": { "HTTPRoute/traefik": "TraefikService behind the route" },
  "retries.attempts": { "HTTPRoute/traefik": "Middleware, on 502" },
  timeoutSeconds: {},
  "tls.redirect": {},
  "tls.secretName": {},
};

const INTRODUCTION = `# Gateways

What the settings under \`models[].traffic\` become at each gateway. Weights, headers, hosts and paths work at all of them. A setting that a gateway would
ignore is refused at preview, with its path. This page is made from the table that the check reads, by \`npm run docs\`.
`;

const NOTES = `## To know

- In the form Ingress, weight and header are in one canary Ingress: controllers take one for a path. Traefik applies a canary to every Ingress in the namespace
  that has the same Service as its stable version (traefik/traefik #12906), so give no other Ingress that Service.
- In the form Ingress a canary without ready pods gets nothing. An HTTPRoute has no such way out: its share is answered with an error, which is why \`up\` moves
  weight only onto versions that are ready. A version is never scaled to 0 while it has weight; preview refuses it.
- Traefik ranks routes by numbers of its own. A rule for a header and every host would come before the rules of other models (in the form Ingress also before
  those of longer paths), and is refused; give the model a host of its own. This is checked within a stack, not between stacks.
- \`tls.redirect\` with HTTPRoute takes two listeners: \`gateway.sectionName\`, HTTPS, and \`gateway.httpSectionName\`, HTTP. With Ingress and without a
  \`secretName\` it is for HTTPS that ends in front of the controller.
- Retries of Envoy Gateway, Istio and kgateway are the route's own (\`retry\`), and percentages of their mirrors \`percent\`: both are in the standard
  channel of Gateway API 1.7.
- ingress-nginx was retired in March 2026; its annotations live on in Traefik.
- Tried here: Traefik 3.7 in both forms. The others are written after their documentation.

## A gateway for a cluster you have

The \`dev\` stack attaches its routes to the Gateway \`ml-gateway\` in the namespace \`gateway-system\`; \`npm run up\` without a context brings one along. A cluster of kind,
k3d or minikube has none at first. Traefik by its Helm chart (written after its documentation, and not tried here: no container engine, no chart):

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

Any other controller of the Gateway API does as well: \`gateway: {name, namespace, implementation}\` in the stack file says which.
`;

/** The page that says what each gateway makes of each setting. */
export function gatewayReference(): string {
  const kinds = Object.keys(GATEWAY_LACKS) as GatewayKind[];
  const features = Object.keys(WRITTEN) as TrafficFeature[];
  const rows = kinds.map((kind) => {
    const lacks = GATEWAY_LACKS[kind];
    const cells = features.map((feature) => {
      // Without a mirror there is no share of one.
      const missing = feature in lacks || (feature === "mirror.percent" && "mirror" in lacks);
      return missing ? "no" : (WRITTEN[feature][kind] ?? "yes");
    });
    return `| ${kind.replace("/", ", ")} | ${cells.join(" | ")} |`;
  });
  const head = `| gateway | ${features.map((feature) => `\`${feature}\``).join(" | ")} |`;
  const table = [head, `| --- |${" --- |".repeat(features.length)}`, ...rows];
  return [INTRODUCTION, ...table, "", NOTES].join("\n");
}
