import { defaults } from "../defaults/defaults.ts";

/** A Gateway of the Gateway API, to which HTTPRoutes attach. */
export interface HttpRouteGateway {
  /** API that routes are written in. @default "HTTPRoute" */
  readonly api?: "HTTPRoute";
  /**
   * What implements the Gateway; decides how limits and mirrors are written. `generic` is any other conformant one: GKE, Cilium,
   * NGINX Gateway Fabric, …
   */
  readonly implementation: "traefik" | "envoy-gateway" | "istio" | "kgateway" | "generic";
  readonly name: string;
  readonly namespace: string;
  /** Listener of the Gateway. @default all of them */
  readonly sectionName?: string;
  /**
   * Whether the installed kinds of the Gateway API have `retry` in a route, as they do from 1.7 on. Traefik, Envoy Gateway and
   * kgateway retry by kinds of their own.
   *
   * @default false
   */
  readonly routeRetries?: boolean;
  /** Plain HTTP listener, from which requests are redirected to HTTPS. @default none */
  readonly httpSectionName?: string;
}

/** An Ingress controller that supports the `nginx.ingress.kubernetes.io` annotations. */
export interface IngressGateway {
  readonly api: "Ingress";
  readonly implementation: "traefik" | "ingress-nginx";
  readonly ingressClassName: string;
  /** Namespace of the controller's pods. @default "ingress-nginx" */
  readonly namespace?: string;
}

/** What brings requests into the cluster. */
export type GatewayRef = HttpRouteGateway | IngressGateway;

/** A gateway with its API and its namespace decided. */
export type ResolvedGateway =
  | (HttpRouteGateway & { readonly api: "HTTPRoute"; readonly routeRetries: boolean })
  | (IngressGateway & { readonly namespace: string });

export function resolveGateway(gateway: GatewayRef): ResolvedGateway {
  if (gateway.api === "Ingress") {
    return { ...gateway, namespace: gateway.namespace ?? defaults.gateway.ingressNamespace };
  }
  const routeRetries = gateway.routeRetries ?? false;
  return { ...gateway, api: defaults.gateway.api, routeRetries };
}

/** Namespace of the pods that requests come from. */
export function gatewayNamespace(gateway: GatewayRef): string {
  return resolveGateway(gateway).namespace;
}
