import { z } from "zod";
import { defaults } from "../../../components/defaults/defaults.ts";
import { Annotations, ByteSize, HostName, KubernetesName, Version, Weight } from "../values.ts";

/** Without parts `.` and `..`, which gateways refuse. */
const ROUTE_PART = String.raw`(\.{0,2}[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\.{3}[A-Za-z0-9._~-]*)`;
const ROUTE_PATH = new RegExp(`^/(${ROUTE_PART}(/${ROUTE_PART})*)?$`);

const CanaryHeader = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, "must be the name of an HTTP header")
    .describe("Name of the header."),
  value: z.string().min(1).describe("Its exact value."),
});

const RATE = defaults.traffic.rateLimit;

const RateLimit = z.strictObject({
  requestsPerSecond: z
    .int32()
    .min(1)
    .optional()
    .describe(`Average requests per second. Default: ${RATE.requestsPerSecond}.`),
  burstMultiplier: z
    .int32()
    .min(1)
    .optional()
    .describe(`Largest burst, in seconds' worth of requests. Default: ${RATE.burstMultiplier}.`),
});

const Tls = z
  .strictObject({
    redirect: z
      .boolean()
      .optional()
      .describe(`Redirect plain HTTP requests to HTTPS. Default: ${defaults.traffic.tls.redirect}.`),
    secretName: KubernetesName.optional().describe(
      "Secret with the certificate, in the stack's namespace; with the API Ingress only. Default: none.",
    ),
  })
  .refine(({ redirect, secretName }) => redirect !== undefined || secretName !== undefined, {
    error: "takes redirect, secretName or both",
  });

const Mirror = z.strictObject({
  version: Version.describe("Version that gets a copy of the requests; its responses are discarded."),
  percent: z
    .int32()
    .min(1)
    .max(100)
    .optional()
    .describe(`Share of the requests to copy. Default: ${defaults.traffic.mirror.percent}.`),
});

const Grpc = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the GRPCRoute. Default: named by Pulumi."),
  hosts: z
    .array(HostName)
    .min(1, "needs a host")
    .describe("Host names of the calls; others than those of `traffic.hosts`."),
});

/** How requests reach the versions of one model. */
export const TrafficConfig = z.strictObject({
  name: KubernetesName.optional().describe("Fixed name of the route or Ingress. Default: named by Pulumi."),
  canaryName: KubernetesName.optional().describe(
    "Fixed name of the canary's Ingress, with the API Ingress. Default: named by Pulumi.",
  ),
  annotations: Annotations.optional().describe(
    "Annotations of the route or the Ingresses, for cert-manager, external-dns and the like. Default: none.",
  ),
  path: z
    .string()
    .regex(
      ROUTE_PATH,
      "must start with '/', not end with '/', contain only letters, digits and . _ ~ - between, and have no part '.' or '..'",
    )
    .optional()
    .describe(
      `Path prefix; any prefix other than / is removed before the request reaches the server. Default: ${defaults.traffic.path}.`,
    ),
  hosts: z.array(HostName).min(1).optional().describe("Host names. Default: every host."),
  stable: Version.describe("Version that gets the traffic."),
  canary: Version.optional().describe("Version that gets a share of it. Default: none."),
  canaryWeight: Weight.optional().describe(
    "Percent for the canary, such as 10 or 0.5. Default: the stack's `canaryWeight`.",
  ),
  weights: z
    .record(Version, Weight)
    .optional()
    .describe(
      'Percents of more versions, such as `{"3": 5, "4": 0.5}`; the stable version gets what these and the canary leave. With HTTPRoute only. Default: none.',
    ),
  canaryHeader: CanaryHeader.optional().describe(
    "Requests with this header go to the canary whatever the weight. Default: none.",
  ),
  retries: z
    .union([z.literal(false), z.strictObject({ attempts: z.int32().min(1).max(100).optional() })])
    .meta({ title: "`false` or `{attempts}`" })
    .optional()
    .describe(`Retry on another pod when a pod is gone. Default: ${defaults.traffic.attempts} attempts.`),
  rateLimit: RateLimit.optional().describe(
    "Reject requests above a rate: per client at Traefik and ingress-nginx, per route at Envoy Gateway and kgateway. Default: no limit.",
  ),
  bodyLimit: ByteSize.optional().describe(
    "Reject larger request bodies with 413. Default: none beside the server's own, `MAX_BODY_BYTES`; with the API Ingress the same as the server's, but the controller's 1 MiB at Traefik with retries, which sets aside memory for the longest body with each request.",
  ),
  timeoutSeconds: z
    .int32()
    .min(0)
    .max(3600)
    .optional()
    .describe(
      "Longest time for a response; 0 for no limit, as streams longer than that need it. With the API Ingress, the longest pause between two parts of it. Default: the gateway's own, 15 s at Envoy Gateway.",
    ),
  tls: Tls.optional().describe("HTTPS at the gateway. Default: as the gateway has it."),
  grpc: Grpc.optional().describe(
    "A GRPCRoute to the port `grpc` of the versions (`container.ports.grpc`), by the same weights. With HTTPRoute only. Default: none.",
  ),
  mirror: Mirror.optional().describe("Shadow traffic: a copy of the requests for another version. Default: none."),
});

const GATEWAY_IMPLEMENTATIONS = ["traefik", "envoy-gateway", "istio", "kgateway", "generic"] as const;
const INGRESS_IMPLEMENTATIONS = ["traefik", "ingress-nginx"] as const;

const HttpRouteGateway = z.strictObject({
  api: z
    .literal(defaults.gateway.api)
    .optional()
    .describe(`API that routes are written in. Default: ${defaults.gateway.api}, of the Gateway API.`),
  implementation: z
    .enum(GATEWAY_IMPLEMENTATIONS)
    .describe(
      "What implements it; `generic` is any other conformant one, such as GKE, Cilium or NGINX Gateway Fabric.",
    ),
  routeRetries: z
    .boolean()
    .optional()
    .describe(
      "Whether the installed kinds of the Gateway API have `retry` in a route, as from 1.7 on; Traefik, Envoy Gateway and kgateway retry by kinds of their own. Default: false.",
    ),
  name: KubernetesName.describe("Name of the Gateway."),
  namespace: KubernetesName.describe("Namespace of the Gateway and of its pods."),
  sectionName: KubernetesName.optional().describe("Listener of the Gateway. Default: all of them."),
  httpSectionName: KubernetesName.optional().describe(
    "Plain HTTP listener, for `traffic.tls.redirect`; sectionName is then the HTTPS listener. Default: none.",
  ),
});

const IngressGateway = z.strictObject({
  api: z.literal("Ingress").describe("Ingress with the `nginx.ingress.kubernetes.io` annotations."),
  implementation: z.enum(INGRESS_IMPLEMENTATIONS).describe("What implements it."),
  ingressClassName: KubernetesName.describe("Ingress class of the controller."),
  namespace: KubernetesName.optional().describe(
    `Namespace of the controller's pods. Default: ${defaults.gateway.ingressNamespace}.`,
  ),
});

/** What brings requests into the cluster. */
export const GatewayConfig = z
  .discriminatedUnion("api", [HttpRouteGateway, IngressGateway], { error: "must be HTTPRoute or Ingress" })
  .describe("The Gateway or Ingress controller that brings requests in. Needed if a model has `traffic`.");
