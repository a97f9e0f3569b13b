import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayRef } from "./gateway.ts";
import { unsupportedSettings } from "./gateway-capabilities.ts";
import { gatewayPolicies } from "./gateway-policies.ts";
import { redirectRouteManifest, routeManifest } from "./http-route.ts";
import { canaryIngressManifest, ingressManifest } from "./ingress.ts";

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

/**
 * Sends the requests of one path to a model's versions, by weight and by header: as an HTTPRoute, or as an Ingress with the
 * annotations of ingress-nginx, with what the gateway needs beside it.
 *
 * Make it depend on the versions: a backend that cannot be resolved answers 500 for its share of the requests.
 *
 * @throws InputPropertyError where a setting is wrong, or the gateway would ignore it
 */
export class Traffic extends pulumi.ComponentResource {
  /** Name of the HTTPRoute or of the stable version's Ingress. */
  readonly route: pulumi.Output<string>;

  constructor(name: string, args: TrafficArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:Traffic", name, {}, opts);
    checkTraffic(args);
    this.route = args.gateway.form === "Ingress" ? this.ingresses(name, args) : this.httpRoute(name, args);
    this.registerOutputs({ route: this.route });
  }

  private httpRoute(name: string, args: TrafficArgs): pulumi.Output<string> {
    const { filters, targets, attached } = gatewayPolicies(args);
    const make = ({ suffix, manifest }: { suffix: string; manifest: k8s.apiextensions.CustomResourceArgs }) =>
      new k8s.apiextensions.CustomResource(`${name}-${suffix}`, manifest, { parent: this });
    const filterNames = filters.map((filter) => make(filter).metadata.name);
    const route = new k8s.apiextensions.CustomResource(name, routeManifest(args, filterNames), {
      parent: this,
      dependsOn: targets.map(make),
    });
    for (const { suffix, manifest } of attached) make({ suffix, manifest: manifest(route.metadata.name) });
    if (args.tls?.redirect === true) {
      new k8s.apiextensions.CustomResource(`${name}-redirect`, redirectRouteManifest(args), { parent: this });
    }
    return route.metadata.name;
  }

  private ingresses(name: string, args: TrafficArgs): pulumi.Output<string> {
    const stable = new k8s.networking.v1.Ingress(name, ingressManifest(args), { parent: this });
    if (args.canary !== undefined) {
      new k8s.networking.v1.Ingress(`${name}-canary`, canaryIngressManifest(args, args.canary), { parent: this });
    }
    return stable.metadata.name;
  }
}

function checkTraffic(args: TrafficArgs): void {
  const weight = args.canaryWeight ?? 0;
  const fail = (propertyPath: string, reason: string) => {
    throw new pulumi.InputPropertyError({ propertyPath, reason });
  };
  if (!Number.isInteger(weight) || weight < 0 || weight > 100) {
    fail("canaryWeight", `must be a whole percentage from 0 to 100, is ${weight}`);
  }
  if (weight > 0 && args.canary === undefined) {
    fail("canaryWeight", `is ${weight}, but the route has no canary to send traffic to`);
  }
  for (const { path, message } of unsupportedSettings(args.gateway, args)) fail(path, message);
}
