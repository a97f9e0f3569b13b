import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { unsupportedSettings } from "./gateway-capabilities.ts";
import { gatewayPolicies } from "./gateway-policies.ts";
import { redirectRouteManifest, routeManifest } from "./http-route.ts";
import { canaryIngressManifest, ingressManifest } from "./ingress.ts";
import type { TrafficArgs } from "./traffic-args.ts";

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
