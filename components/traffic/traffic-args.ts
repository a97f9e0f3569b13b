import type * as pulumi from "@pulumi/pulumi";
import type { GatewayRef } from "./gateway.ts";

/** Where one version answers. */
export interface Backend {
  /** Name of the version's Service. */
  readonly service: pulumi.Input<string>;
  readonly port: number;
}

export interface RetryArgs {
  /** Tries of one request, the first included. @default 8 */
  readonly attempts?: number;
}

/** Most requests, on average and at once. */
export interface RateLimitArgs {
  /** @default 100 */
  readonly requestsPerSecond?: number;
  /** How many seconds' worth of requests may come at once. @default 5 */
  readonly burstMultiplier?: number;
}

/** HTTPS at the gateway. */
export interface TlsArgs {
  /** Send plain HTTP requests to HTTPS. @default false */
  readonly redirect?: boolean;
  /** Secret with the certificate, in the route's namespace; form Ingress only. */
  readonly secretName?: string;
}

/** Shadow traffic. */
export interface MirrorArgs {
  /** Gets a copy of the requests; its answers are thrown away. */
  readonly backend: Backend;
  /** Share of the requests that are copied, 1–100. @default 100 */
  readonly percent?: number;
}

export interface TrafficArgs {
  readonly namespace: pulumi.Input<string>;
  /** Fixed name of the route or Ingress; without one Pulumi names it. */
  readonly name?: string;
  /** Fixed name of the canary's Ingress, in the form Ingress; without one Pulumi names it. */
  readonly canaryName?: string;
  readonly gateway: GatewayRef;
  /** Host names that are answered to. @default every host */
  readonly hosts?: readonly string[];
  /** Path prefix; a prefix other than `/` is cut off before the request reaches the server. @default "/" */
  readonly path?: string;
  readonly stable: Backend;
  /** @default none: everything goes to the stable version */
  readonly canary?: Backend;
  /** Percent of the requests that go to the canary, 0–100. @default 0 */
  readonly canaryWeight?: number;
  /** Requests with this header go to the canary whatever the weight. @default none */
  readonly canaryHeader?: { readonly name: string; readonly value: string };
  /**
   * Retry on another pod where a pod is gone, so that a crash costs no request. A prediction changes nothing, so it may
   * be repeated. `false` turns it off.
   *
   * @default 8 attempts
   */
  readonly retries?: RetryArgs | false;
  /** @default no bound */
  readonly rateLimit?: RateLimitArgs;
  /** Largest request body, such as `10Mi`. @default the gateway's own */
  readonly bodyLimit?: string;
  /** Longest time for an answer. @default the gateway's own */
  readonly timeoutSeconds?: number;
  readonly tls?: TlsArgs;
  /** @default no shadow traffic */
  readonly mirror?: MirrorArgs;
}
