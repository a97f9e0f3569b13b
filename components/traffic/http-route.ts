import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import { DEFAULT_ATTEMPTS, TRAEFIK_GROUP } from "./gateway-policies.ts";
import type { Backend, TrafficArgs } from "./traffic-args.ts";

/** Answers after which a request is tried again: Traefik gives 502 for a pod that is gone, Envoy 502 or 503. */
const RETRIED_CODES = [502, 503];

/**
 * The HTTPRoute: the header rule first, since the more specific match wins, then the weights.
 *
 * @param middlewares names of the Traefik Middlewares that every request goes through, in their order
 */
export function routeManifest(
  args: TrafficArgs,
  middlewares: readonly pulumi.Input<string>[] = [],
): k8s.apiextensions.CustomResourceArgs {
  const { stable, canary, canaryHeader } = args;
  const path = args.path ?? "/";
  const weight = args.canaryWeight ?? 0;
  const filters = [
    ...middlewares.map((name) => ({
      type: "ExtensionRef",
      extensionRef: { group: TRAEFIK_GROUP, kind: "Middleware", name },
    })),
    ...mirrorFilter(args),
    ...(path === "/"
      ? []
      : [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }]),
  ];
  const rule = (match: object, backendRefs: object[]) => ({
    matches: [{ path: { type: "PathPrefix", value: path }, ...match }],
    ...(filters.length === 0 ? {} : { filters }),
    ...(args.timeoutSeconds === undefined ? {} : { timeouts: { request: `${args.timeoutSeconds}s` } }),
    ...retry(args),
    backendRefs,
  });
  const stableRef = (share: number) => mirroredByTraefik(args, { ...backendRef(stable, share) });
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: objectMeta({ name: args.name, namespace: args.namespace }),
    spec: {
      ...attachment(args, sectionName(args)),
      rules: [
        ...(canary === undefined || canaryHeader === undefined
          ? []
          : [
              rule({ headers: [{ type: "Exact", name: canaryHeader.name, value: canaryHeader.value }] }, [
                backendRef(canary, 1),
              ]),
            ]),
        rule({}, canary === undefined ? [stableRef(1)] : [stableRef(100 - weight), backendRef(canary, weight)]),
      ],
    },
  };
}

/** The HTTPRoute on the plain HTTP listener that sends every request to HTTPS. */
export function redirectRouteManifest(args: TrafficArgs): k8s.apiextensions.CustomResourceArgs {
  const listener = args.gateway.form === "Ingress" ? undefined : args.gateway.httpSectionName;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: objectMeta({
      name: args.name === undefined ? undefined : `${args.name}-redirect`,
      namespace: args.namespace,
    }),
    spec: {
      ...attachment(args, listener),
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: args.path ?? "/" } }],
          filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }],
        },
      ],
    },
  };
}

/** The Gateway that a route attaches to, and the hosts it answers to. */
function attachment({ gateway, hosts }: TrafficArgs, listener: string | undefined) {
  const parent = gateway.form === "Ingress" ? {} : { name: gateway.name, namespace: gateway.namespace };
  return {
    parentRefs: [{ ...parent, ...(listener === undefined ? {} : { sectionName: listener }) }],
    ...(hosts === undefined ? {} : { hostnames: [...hosts] }),
  };
}

function sectionName({ gateway }: TrafficArgs): string | undefined {
  return gateway.form === "Ingress" ? undefined : gateway.sectionName;
}

function backendRef({ service, port }: Backend, weight: number) {
  return { name: service, port, weight };
}

/** Traefik retries by a Middleware; the others by the route itself. */
function retry({ gateway, retries }: TrafficArgs) {
  if (retries === false || gateway.implementation === "traefik") return {};
  const attempts = (retries?.attempts ?? DEFAULT_ATTEMPTS) - 1;
  return attempts === 0 ? {} : { retry: { codes: RETRIED_CODES, attempts } };
}

function mirrorFilter({ gateway, mirror }: TrafficArgs) {
  if (mirror === undefined || gateway.implementation === "traefik") return [];
  const { backend, percent } = mirror;
  return [
    {
      type: "RequestMirror",
      requestMirror: {
        backendRef: { name: backend.service, port: backend.port },
        ...(percent === undefined ? {} : { percent }),
      },
    },
  ];
}

/** Traefik mirrors by a TraefikService in the place of the Service, under the Service's name. */
function mirroredByTraefik({ gateway, mirror }: TrafficArgs, ref: { name: pulumi.Input<string>; weight: number }) {
  if (mirror === undefined || gateway.implementation !== "traefik") return ref;
  return { group: TRAEFIK_GROUP, kind: "TraefikService", name: ref.name, weight: ref.weight };
}
