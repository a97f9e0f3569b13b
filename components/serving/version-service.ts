import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { DEFAULT_SERVICE_PORT, METRICS_PORT } from "../defaults.ts";
import { objectMeta } from "../kubernetes/names.ts";
import type { ModelVersionArgs, ServiceArgs } from "./version-args.ts";
import { selectorLabels } from "./version-labels.ts";

/** A Service in front of one version, with its http and metrics ports. */
export function serviceManifest(
  namespace: pulumi.Input<string>,
  app: string,
  version: ModelVersionArgs,
  args: ServiceArgs = {},
): k8s.core.v1.ServiceArgs {
  const type = args.type ?? "ClusterIP";
  const metricsPort =
    args.metricsPort ?? (type === "LoadBalancer" ? false : (version.container?.metricsPort ?? METRICS_PORT));
  return {
    metadata: objectMeta({
      name: args.name,
      namespace,
      labels: { app, version: `v${version.version}` },
      ...(args.await === false ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
    }),
    spec: {
      type,
      selector: selectorLabels(app, version),
      ports: [
        {
          name: "http",
          port: args.port ?? DEFAULT_SERVICE_PORT,
          targetPort: "http",
          ...(args.nodePort === undefined ? {} : { nodePort: args.nodePort }),
        },
        ...(metricsPort === false ? [] : [{ name: "metrics", port: metricsPort, targetPort: "metrics" }]),
      ],
    },
  };
}
