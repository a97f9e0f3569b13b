import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta, skipAwaitAnnotation } from "../kubernetes/names.ts";
import type { Backend } from "../kubernetes/service.ts";
import type { IngressGateway } from "./gateway.ts";
import type { ResolvedTraffic } from "./resolve.ts";
import { wholeWeights } from "./weights.ts";

/** Prefix of the annotations. */
const NGINX = "nginx.ingress.kubernetes.io";

type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/**
 * The Ingress of the stable version, with the limits of the whole route.
 *
 * @see https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
export function ingressManifest(traffic: ResolvedTraffic, gateway: IngressGateway): k8s.networking.v1.IngressArgs {
  const annotations = {
    ...pathAnnotations(traffic),
    ...retryAnnotations(traffic),
    ...limitAnnotations(traffic),
    ...tlsAnnotations(traffic),
    ...mirrorAnnotations(traffic),
    ...traffic.annotations,
  };
  return manifest(traffic, gateway, traffic.name, traffic.stable, annotations);
}

/**
 * The Ingress of the canary. It holds both weight and header, because controllers accept only one canary for a path. It also
 * exists with weight 0, so that a weight change updates one annotation.
 */
export function canaryIngressManifest(
  traffic: ResolvedTraffic,
  gateway: IngressGateway,
  canary: Backend,
): k8s.networking.v1.IngressArgs {
  const { canaryHeader: header, canaryWeight } = traffic;
  const {
    weights: [weight = 0],
    total,
  } = wholeWeights([canaryWeight]);
  return manifest(traffic, gateway, traffic.canaryName, canary, {
    ...pathAnnotations(traffic),
    [`${NGINX}/canary`]: "true",
    [`${NGINX}/canary-weight`]: String(weight),
    // A weight is of 100 without it.
    ...(total === 100 ? {} : { [`${NGINX}/canary-weight-total`]: String(total) }),
    ...(header === undefined
      ? {}
      : { [`${NGINX}/canary-by-header`]: header.name, [`${NGINX}/canary-by-header-value`]: header.value }),
  });
}

function manifest(
  { namespace, path, hosts, tls }: ResolvedTraffic,
  { ingressClassName }: IngressGateway,
  name: string | undefined,
  { service, port }: Backend,
  annotations: Annotations,
): k8s.networking.v1.IngressArgs {
  const secretName = tls?.secretName;
  const http = { paths: [{ ...ingressPath(path), backend: { service: { name: service, port: { number: port } } } }] };
  return {
    metadata: objectMeta({
      name,
      namespace,
      // Pulumi would wait for the controller's address, which many controllers never write into the Ingress.
      annotations: { ...skipAwaitAnnotation(true).annotations, ...annotations },
    }),
    spec: {
      ingressClassName,
      ...(secretName === undefined
        ? {}
        : { tls: [{ secretName, ...(hosts === undefined ? {} : { hosts: [...hosts] }) }] }),
      rules: hosts === undefined ? [{ http }] : hosts.map((host) => ({ host, http })),
    },
  };
}

/** The path; a prefix that is removed becomes a regular expression whose second group is the rest of the path. */
function ingressPath(path: string) {
  return path === "/"
    ? { path, pathType: "Prefix" }
    : { path: `${path.replaceAll(".", "\\.")}(/|$)(.*)`, pathType: "ImplementationSpecific" };
}

function pathAnnotations({ path }: ResolvedTraffic): Annotations {
  return path === "/" ? {} : { [`${NGINX}/use-regex`]: "true", [`${NGINX}/rewrite-target`]: "/$2" };
}

/** Requests are buffered, because the controller can retry a request with a body only if it has kept the body. */
function retryAnnotations({ retries, timeoutSeconds }: ResolvedTraffic): Annotations {
  if (retries === false) return { [`${NGINX}/proxy-next-upstream`]: "off" };
  return {
    [`${NGINX}/proxy-next-upstream`]: "error timeout http_502 non_idempotent",
    [`${NGINX}/proxy-next-upstream-tries`]: String(retries.attempts),
    ...(timeoutSeconds === undefined ? {} : { [`${NGINX}/proxy-next-upstream-timeout`]: String(timeoutSeconds) }),
    [`${NGINX}/proxy-request-buffering`]: "on",
  };
}

function limitAnnotations({ rateLimit, bodyLimit, timeoutSeconds }: ResolvedTraffic): Annotations {
  return {
    ...(rateLimit === undefined
      ? {}
      : {
          [`${NGINX}/limit-rps`]: String(rateLimit.requestsPerSecond),
          [`${NGINX}/limit-burst-multiplier`]: String(rateLimit.burstMultiplier),
        }),
    // Traefik limits bodies only if it buffers them; nginx writes sizes as 10m.
    ...(bodyLimit === undefined
      ? {}
      : {
          [`${NGINX}/proxy-body-size`]: bodyLimit.replace("i", "").toLowerCase(),
          [`${NGINX}/proxy-request-buffering`]: "on",
        }),
    ...(timeoutSeconds === undefined
      ? {}
      : Object.fromEntries(
          ["connect", "send", "read"].map((phase) => [`${NGINX}/proxy-${phase}-timeout`, String(timeoutSeconds)]),
        )),
  };
}

function tlsAnnotations({ tls }: ResolvedTraffic): Annotations {
  if (tls === undefined) return {};
  // If the Ingress has no certificate, HTTPS is terminated in front of the controller.
  const annotation = tls.secretName === undefined ? "force-ssl-redirect" : "ssl-redirect";
  return { [`${NGINX}/${annotation}`]: String(tls.redirect) };
}

function mirrorAnnotations({ mirror, namespace }: ResolvedTraffic): Annotations {
  if (mirror === undefined) return {};
  const { service, port } = mirror.backend;
  return {
    [`${NGINX}/mirror-target`]: pulumi.interpolate`http://${service}.${namespace}.svc.cluster.local:${port}$request_uri`,
  };
}
