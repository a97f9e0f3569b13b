/** A Gateway of the Gateway API, to which HTTPRoutes attach. */
export interface HttpRouteGateway {
  /** @default "HTTPRoute" */
  readonly form?: "HTTPRoute";
  /** Who implements the Gateway; decides what limits and mirrors are written as. */
  readonly implementation: "traefik" | "envoy-gateway" | "istio" | "kgateway";
  readonly name: string;
  readonly namespace: string;
  /** Listener of the Gateway. @default all of them */
  readonly sectionName?: string;
  /** Plain HTTP listener, from which requests are sent to HTTPS. @default none */
  readonly httpSectionName?: string;
}

/** An Ingress controller that honours the `nginx.ingress.kubernetes.io` annotations. */
export interface IngressGateway {
  readonly form: "Ingress";
  readonly implementation: "traefik" | "ingress-nginx";
  readonly ingressClassName: string;
  /** Namespace of the controller's pods. @default "ingress-nginx" */
  readonly namespace?: string;
}

/** What brings requests into the cluster. */
export type GatewayRef = HttpRouteGateway | IngressGateway;

/** Namespace of the pods that requests come from. */
export function gatewayNamespace(gateway: GatewayRef): string {
  return gateway.namespace ?? "ingress-nginx";
}
