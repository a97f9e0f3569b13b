import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type HttpRouteGateway, type IngressGateway, resolveGateway } from "./gateway.ts";
import { unsupportedSettings } from "./gateway-capabilities.ts";
import { gatewayPolicies, grpcPolicies } from "./gateway-policies.ts";
import { grpcRouteManifest } from "./grpc-route.ts";
import { redirectRouteManifest, routeManifest } from "./http-route.ts";
import { canaryIngressManifest, ingressManifest } from "./ingress.ts";
import { type ResolvedTraffic, resolveTraffic } from "./resolve.ts";
import type { GrpcArgs, TrafficArgs } from "./traffic-args.ts";
import { isWeight, remainingPercent, roundedPercent, WEIGHT_DECIMALS } from "./weights.ts";

/**
 * Sends the requests of one path to a model's versions, by weight and by header: as an HTTPRoute, or as an Ingress with the
 * annotations of ingress-nginx, together with the gateway's own kinds that this needs.
 *
 * Make it depend on the versions: a backend that cannot be resolved answers its share of the requests with 500.
 *
 * @throws InputPropertyError if a setting is wrong, or if the gateway would ignore it
 */
export class Traffic extends pulumi.ComponentResource {
  /** Name of the HTTPRoute or of the stable version's Ingress. */
  readonly route: pulumi.Output<string>;

  constructor(name: string, args: TrafficArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:Traffic", name, {}, opts);
    const gateway = resolveGateway(args.gateway);
    const traffic = resolveTraffic(args);
    checkWeight(traffic);
    for (const { path, message } of unsupportedSettings(gateway, traffic)) fail(path, message);
    this.route =
      gateway.api === "Ingress" ? this.ingresses(name, traffic, gateway) : this.httpRoute(name, traffic, gateway);
    this.registerOutputs({ route: this.route });
  }

  private httpRoute(name: string, traffic: ResolvedTraffic, gateway: HttpRouteGateway): pulumi.Output<string> {
    const { filters, targets, attached } = gatewayPolicies(traffic, gateway);
    const make = ({ suffix, manifest }: { suffix: string; manifest: k8s.apiextensions.CustomResourceArgs }) =>
      new k8s.apiextensions.CustomResource(`${name}-${suffix}`, manifest, { parent: this });
    const filterNames = filters.map((filter) => make(filter).metadata.name);
    const route = new k8s.apiextensions.CustomResource(name, routeManifest(traffic, gateway, filterNames), {
      parent: this,
      dependsOn: targets.map(make),
    });
    for (const { suffix, manifest } of attached) make({ suffix, manifest: manifest(route.metadata.name) });
    if (traffic.grpc !== undefined) this.grpcRoute(`${name}-grpc`, traffic, traffic.grpc, gateway);
    if (traffic.tls?.redirect === true) {
      new k8s.apiextensions.CustomResource(`${name}-redirect`, redirectRouteManifest(traffic, gateway), {
        parent: this,
      });
    }
    return route.metadata.name;
  }

  private grpcRoute(name: string, traffic: ResolvedTraffic, grpc: GrpcArgs, gateway: HttpRouteGateway): void {
    const { filters, attached } = grpcPolicies(traffic, gateway);
    const make = ({ suffix, manifest }: { suffix: string; manifest: k8s.apiextensions.CustomResourceArgs }) =>
      new k8s.apiextensions.CustomResource(`${name}-${suffix}`, manifest, { parent: this });
    const middlewares = filters.map((filter) => make(filter).metadata.name);
    const route = new k8s.apiextensions.CustomResource(name, grpcRouteManifest(traffic, grpc, gateway, middlewares), {
      parent: this,
    });
    for (const { suffix, manifest } of attached) make({ suffix, manifest: manifest(route.metadata.name) });
  }

  private ingresses(name: string, traffic: ResolvedTraffic, gateway: IngressGateway): pulumi.Output<string> {
    const stable = new k8s.networking.v1.Ingress(name, ingressManifest(traffic, gateway), { parent: this });
    if (traffic.canary !== undefined) {
      new k8s.networking.v1.Ingress(`${name}-canary`, canaryIngressManifest(traffic, gateway, traffic.canary), {
        parent: this,
      });
    }
    return stable.metadata.name;
  }
}

function checkWeight({ canary, canaryWeight, others }: ResolvedTraffic): void {
  const percents = [canaryWeight, ...others.map(({ percent }) => percent)];
  percents.forEach((percent, index) => {
    if (isWeight(percent)) return;
    const path = index === 0 ? "canaryWeight" : `others[${index - 1}].percent`;
    fail(path, `must be a percentage from 0 to 100 with at most ${WEIGHT_DECIMALS} decimals, is ${percent}`);
  });
  if (remainingPercent(percents) < 0) {
    fail(
      "others",
      `and canaryWeight together are ${roundedPercent(100 - remainingPercent(percents))} %, more than all`,
    );
  }
  if (canaryWeight > 0 && canary === undefined) {
    fail("canaryWeight", `is ${canaryWeight}, but the route has no canary to send traffic to`);
  }
}

function fail(propertyPath: string, reason: string): never {
  throw new pulumi.InputPropertyError({ propertyPath, reason });
}
