import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import type { IngressGateway } from "./gateway.ts";
import { DEFAULT_ATTEMPTS, rateAndBurst } from "./gateway-policies.ts";
import type { Backend, TrafficArgs } from "./traffic-args.ts";

/** Prefix of the annotations. */
const NGINX = "nginx.ingress.kubernetes.io";

type Annotations = Readonly<Record<string, pulumi.Input<string>>>;

/**
 * The Ingress of the stable version, with the limits of the whole route.
 *
 * @see https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/
 */
export function ingressManifest(args: TrafficArgs): k8s.networking.v1.IngressArgs {
  const annotations = {
    ...pathAnnotations(args),
    ...retryAnnotations(args),
    ...limitAnnotations(args),
    ...tlsAnnotations(args),
    ...mirrorAnnotations(args),
  };
  return manifest(args, args.name, args.stable, annotations);
}

/**
 * The Ingress of the canary. Weight and header stand in one: controllers take only one canary for a path. It is there with
 * weight 0 as well, so that a flip changes one annotation.
 */
export function canaryIngressManifest(args: TrafficArgs, canary: Backend): k8s.networking.v1.IngressArgs {
  const { canaryHeader: header } = args;
  return manifest(args, args.canaryName, canary, {
    ...pathAnnotations(args),
    [`${NGINX}/canary`]: "true",
    [`${NGINX}/canary-weight`]: String(args.canaryWeight ?? 0),
    ...(header === undefined
      ? {}
      : { [`${NGINX}/canary-by-header`]: header.name, [`${NGINX}/canary-by-header-value`]: header.value }),
  });
}

function manifest(
  args: TrafficArgs,
  name: string | undefined,
  { service, port }: Backend,
  annotations: Annotations,
): k8s.networking.v1.IngressArgs {
  const { ingressClassName } = args.gateway as IngressGateway;
  const { secretName } = args.tls ?? {};
  const http = { paths: [{ ...ingressPath(args), backend: { service: { name: service, port: { number: port } } } }] };
  return {
    metadata: objectMeta({
      name,
      namespace: args.namespace,
      // Pulumi would wait for an address of the controller, which many never write into the Ingress.
      annotations: { "pulumi.com/skipAwait": "true", ...annotations },
    }),
    spec: {
      ingressClassName,
      ...(secretName === undefined
        ? {}
        : { tls: [{ secretName, ...(args.hosts === undefined ? {} : { hosts: [...args.hosts] }) }] }),
      rules: args.hosts === undefined ? [{ http }] : args.hosts.map((host) => ({ host, http })),
    },
  };
}

/** The path; a prefix that is cut off is written as an expression whose second group is what stays. */
function ingressPath({ path = "/" }: TrafficArgs) {
  return path === "/"
    ? { path, pathType: "Prefix" }
    : { path: `${path.replaceAll(".", "\\.")}(/|$)(.*)`, pathType: "ImplementationSpecific" };
}

function pathAnnotations({ path = "/" }: TrafficArgs): Annotations {
  return path === "/" ? {} : { [`${NGINX}/use-regex`]: "true", [`${NGINX}/rewrite-target`]: "/$2" };
}

/** A request with a body is sent again only where the controller has kept it: hence the buffering. */
function retryAnnotations({ retries, timeoutSeconds }: TrafficArgs): Annotations {
  if (retries === false) return { [`${NGINX}/proxy-next-upstream`]: "off" };
  return {
    [`${NGINX}/proxy-next-upstream`]: "error timeout http_502 non_idempotent",
    [`${NGINX}/proxy-next-upstream-tries`]: String(retries?.attempts ?? DEFAULT_ATTEMPTS),
    ...(timeoutSeconds === undefined ? {} : { [`${NGINX}/proxy-next-upstream-timeout`]: String(timeoutSeconds) }),
    [`${NGINX}/proxy-request-buffering`]: "on",
  };
}

function limitAnnotations({ rateLimit, bodyLimit, timeoutSeconds }: TrafficArgs): Annotations {
  const limits = rateLimit === undefined ? undefined : rateAndBurst(rateLimit);
  return {
    ...(limits === undefined
      ? {}
      : {
          [`${NGINX}/limit-rps`]: String(limits.requestsPerSecond),
          [`${NGINX}/limit-burst-multiplier`]: String(limits.burstMultiplier),
        }),
    // Traefik bounds bodies only where it buffers them; nginx writes sizes as 10m.
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

function tlsAnnotations({ tls }: TrafficArgs): Annotations {
  if (tls === undefined) return {};
  // Without a certificate of the Ingress, HTTPS ends somewhere in front of the controller.
  if (tls.secretName === undefined) return { [`${NGINX}/force-ssl-redirect`]: String(tls.redirect ?? false) };
  return { [`${NGINX}/ssl-redirect`]: String(tls.redirect ?? false) };
}

function mirrorAnnotations({ mirror, namespace }: TrafficArgs): Annotations {
  if (mirror === undefined) return {};
  const { service, port } = mirror.backend;
  return {
    [`${NGINX}/mirror-target`]: pulumi.interpolate`http://${service}.${namespace}.svc.cluster.local:${port}$request_uri`,
  };
}
