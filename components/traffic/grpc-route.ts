import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { objectMeta } from "../kubernetes/names.ts";
import type { Backend } from "../kubernetes/service.ts";
import type { HttpRouteGateway } from "./gateway.ts";
import { TRAEFIK_GROUP } from "./gateway-policies.ts";
import { attachment, weightedBackends } from "./http-route.ts";
import type { ResolvedTraffic } from "./resolve.ts";
import type { GrpcArgs } from "./traffic-args.ts";

/**
 * The GRPCRoute, with the weights of the HTTPRoute; the canary's header is metadata of a call.
 *
 * @param middlewares names of the Traefik Middlewares that every call passes through, in order
 */
export function grpcRouteManifest(
  traffic: ResolvedTraffic,
  { name, hosts }: GrpcArgs,
  gateway: HttpRouteGateway,
  middlewares: readonly pulumi.Input<string>[] = [],
): k8s.apiextensions.CustomResourceArgs {
  const { canary, canaryHeader, namespace, annotations } = traffic;
  const filters = middlewares.map((middleware) => ({
    type: "ExtensionRef",
    extensionRef: { group: TRAEFIK_GROUP, kind: "Middleware", name: middleware },
  }));
  const rule = (match: object, backendRefs: object[]) => ({
    ...match,
    ...(filters.length === 0 ? {} : { filters }),
    backendRefs,
  });
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GRPCRoute",
    metadata: objectMeta({ name, namespace, ...(annotations === undefined ? {} : { annotations }) }),
    spec: {
      ...attachment({ hosts }, gateway, gateway.sectionName),
      rules: [
        ...(canary === undefined || canaryHeader === undefined
          ? []
          : [
              rule(
                { matches: [{ headers: [{ type: "Exact", name: canaryHeader.name, value: canaryHeader.value }] }] },
                [backendRef(canary, 1)],
              ),
            ]),
        rule(
          {},
          weightedBackends(traffic).map(({ backend, weight }) => backendRef(backend, weight)),
        ),
      ],
    },
  };
}

function backendRef({ service, port, grpcPort = port }: Backend, weight: number) {
  return { name: service, port: grpcPort, weight };
}
