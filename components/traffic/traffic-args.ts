import type * as pulumi from "@pulumi/pulumi";
import type { Backend } from "../kubernetes/service.ts";
import type { GatewayRef } from "./gateway.ts";

/** Retries of a request on another pod. */
export interface RetryArgs {
  /** Attempts for one request, including the first. @default 8 */
  readonly attempts?: number;
}

/** Largest average rate and burst of requests. */
export interface RateLimitArgs {
  /** @default 100 */
  readonly requestsPerSecond?: number;
  /** Largest burst, in seconds' worth of requests. @default 5 */
  readonly burstMultiplier?: number;
}

/** HTTPS at the gateway. */
export interface TlsArgs {
  /** Send plain HTTP requests to HTTPS. @default false */
  readonly redirect?: boolean;
  /** Secret with the certificate, in the route's namespace; with the API Ingress only. */
  readonly secretName?: string;
}

/** A version beside the stable one and the canary. */
export interface WeightedBackend {
  readonly backend: Backend;
  /** Percent of the requests, 0–100, with at most four decimals. */
  readonly percent: number;
}

/** Shadow traffic. */
export interface MirrorArgs {
  /** Gets a copy of the requests; its responses are discarded. */
  readonly backend: Backend;
  /** Share of the requests that are copied, 1–100. @default 100 */
  readonly percent?: number;
}

/** gRPC beside HTTP. */
export interface GrpcArgs {
  /** Fixed name of the GRPCRoute. @default named by Pulumi */
  readonly name?: string;
  /** Host names of the GRPCRoute; a gateway accepts no other route for HTTP of the same hosts. */
  readonly hosts: readonly string[];
}

/** How the requests of one path reach the versions of a model. */
export interface RouteSettings {
  /** Fixed name of the route or Ingress. @default named by Pulumi */
  readonly name?: string;
  /** Fixed name of the canary's Ingress, with the API Ingress. @default named by Pulumi */
  readonly canaryName?: string;
  /** Annotations of the route or the Ingresses, for cert-manager, external-dns and the like. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Host names that the route answers. @default every host */
  readonly hosts?: readonly string[];
  /** Path prefix; any prefix other than `/` is removed before the request reaches the server. @default "/" */
  readonly path?: string;
  /** Percent of the requests that go to the canary, 0–100, with at most four decimals. @default 0 */
  readonly canaryWeight?: number;
  /** Requests with this header go to the canary whatever the weight. @default none */
  readonly canaryHeader?: { readonly name: string; readonly value: string };
  /**
   * Retry on another pod when a pod is gone, so that a crash loses no request. Safe because predictions are idempotent.
   * `false` turns it off.
   *
   * @default 8 attempts
   */
  readonly retries?: RetryArgs | false;
  /** @default no limit */
  readonly rateLimit?: RateLimitArgs;
  /** Largest request body, such as `10Mi`. @default the gateway's own */
  readonly bodyLimit?: string;
  /** Longest time for a response; 0 for no limit, as streams need it. With the API Ingress, between two parts. @default the gateway's own */
  readonly timeoutSeconds?: number;
  readonly tls?: TlsArgs;
  /** Calls by gRPC, by the same weights: a GRPCRoute beside the HTTPRoute. @default none */
  readonly grpc?: GrpcArgs;
}

export interface TrafficArgs extends RouteSettings {
  readonly namespace: pulumi.Input<string>;
  readonly gateway: GatewayRef;
  readonly stable: Backend;
  /** @default none: everything goes to the stable version */
  readonly canary?: Backend;
  /** More versions with a share of their own, with an HTTPRoute; the stable version gets the rest. @default none */
  readonly others?: readonly WeightedBackend[];
  /** @default no shadow traffic */
  readonly mirror?: MirrorArgs;
}
