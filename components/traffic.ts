import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "./names.ts";

/** Where one version answers. */
export interface Backend {
  /** Name of the version's Service. */
  readonly service: pulumi.Input<string>;
  readonly port: number;
}

/** The Gateway that the route attaches to. */
export interface GatewayRef {
  readonly name: string;
  readonly namespace: string;
  /** Listener of the Gateway. @default all of them */
  readonly sectionName?: string;
  /** Who implements the Gateway; decides how retries are written. */
  readonly implementation: "traefik";
}

export interface RetryArgs {
  /** Tries of one request, the first included. @default 8 */
  readonly attempts?: number;
}

export interface TrafficArgs {
  readonly namespace: pulumi.Input<string>;
  /** Fixed name of the route; without one Pulumi names it. */
  readonly name?: string;
  readonly gateway: GatewayRef;
  /** Host names that the route answers to. @default every host */
  readonly hosts?: readonly string[];
  /** Path prefix of the route; a prefix other than `/` is cut off before the request reaches the server. @default "/" */
  readonly path?: string;
  readonly stable: Backend;
  /** @default none: everything goes to the stable version */
  readonly canary?: Backend;
  /** Percent of the requests that go to the canary, 0–100. @default 0 */
  readonly canaryWeight?: number;
  /** Requests with this header go to the canary whatever the weight. @default none */
  readonly canaryHeader?: { readonly name: string; readonly value: string };
  /**
   * Retry on another pod where a pod is gone (502), so that a crash costs no request. A prediction changes
   * nothing, so it may be repeated. `false` turns it off.
   *
   * @default 8 attempts
   */
  readonly retries?: RetryArgs | false;
}

/**
 * Sends the requests of one path to a model's versions, by weight and by header.
 *
 * Make it depend on the versions: a backend that cannot be resolved answers 500 for its share of the requests.
 */
export class Traffic extends pulumi.ComponentResource {
  /** Name of the HTTPRoute. */
  readonly route: pulumi.Output<string>;

  constructor(name: string, args: TrafficArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:Traffic", name, {}, opts);
    checkTraffic(args);

    const retry =
      args.retries === false
        ? undefined
        : new k8s.apiextensions.CustomResource(`${name}-retry`, retryMiddleware(args.namespace, args.retries ?? {}), {
            parent: this,
          });
    const route = new k8s.apiextensions.CustomResource(name, routeManifest(args, retry?.metadata.name), {
      parent: this,
    });
    this.route = route.metadata.name;
    this.registerOutputs({ route: this.route });
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
}

/**
 * Traefik's retry on 502, which it gives where the pod behind it refused or dropped the connection.
 *
 * @see https://doc.traefik.io/traefik/middlewares/http/retry/
 */
export function retryMiddleware(
  namespace: pulumi.Input<string>,
  args: RetryArgs,
): k8s.apiextensions.CustomResourceArgs {
  return {
    apiVersion: "traefik.io/v1alpha1",
    kind: "Middleware",
    metadata: objectMeta({ namespace }),
    spec: { retry: { attempts: args.attempts ?? 8, status: ["502"], retryNonIdempotentMethod: true } },
  };
}

/** The HTTPRoute: the header rule first, since the more specific match wins, then the weights. */
export function routeManifest(
  args: TrafficArgs,
  retryMiddlewareName?: pulumi.Input<string>,
): k8s.apiextensions.CustomResourceArgs {
  const path = args.path ?? "/";
  const weight = args.canaryWeight ?? 0;
  const backend = ({ service, port }: Backend, share: number) => ({ name: service, port, weight: share });
  const filters = [
    ...(retryMiddlewareName === undefined
      ? []
      : [
          {
            type: "ExtensionRef",
            extensionRef: { group: "traefik.io", kind: "Middleware", name: retryMiddlewareName },
          },
        ]),
    ...(path === "/"
      ? []
      : [{ type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } }]),
  ];
  const rule = (match: object, backendRefs: object[]) => ({
    matches: [{ path: { type: "PathPrefix", value: path }, ...match }],
    ...(filters.length === 0 ? {} : { filters }),
    backendRefs,
  });
  const { stable, canary, canaryHeader, gateway } = args;
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: objectMeta({ name: args.name, namespace: args.namespace }),
    spec: {
      parentRefs: [
        {
          name: gateway.name,
          namespace: gateway.namespace,
          ...(gateway.sectionName === undefined ? {} : { sectionName: gateway.sectionName }),
        },
      ],
      ...(args.hosts === undefined ? {} : { hostnames: [...args.hosts] }),
      rules: [
        ...(canary === undefined || canaryHeader === undefined
          ? []
          : [
              rule({ headers: [{ type: "Exact", name: canaryHeader.name, value: canaryHeader.value }] }, [
                backend(canary, 1),
              ]),
            ]),
        rule(
          {},
          canary === undefined ? [backend(stable, 1)] : [backend(stable, 100 - weight), backend(canary, weight)],
        ),
      ],
    },
  };
}
