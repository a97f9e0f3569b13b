import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createAutoscaler, disruptionBudgetManifest } from "../kubernetes/autoscaling.ts";
import type { ImageAccess } from "../kubernetes/container.ts";
import { type Backend, GRPC_PORT_NAME, type ResolvedService, serviceManifest } from "../kubernetes/service.ts";
import { configMapManifest } from "../platform/config-maps.ts";
import { deploymentManifest, type ResolvedVersion } from "./model-version.ts";
import { type ModelNames, resolveModelNames, resolveVersion } from "./resolve.ts";
import type { ModelVersionArgs } from "./version-args.ts";
import { serviceLabels } from "./version-labels.ts";

export interface ModelServiceArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the model in the registry. */
  readonly model: string;
  /** Name of the entry; set it if the same model is served twice. @default the model's name */
  readonly entry?: string;
  /** Value of the label `app` on the model's pods. @default the entry's name */
  readonly app?: string;
  /** Image of the inference server, for versions without an image of their own, and to fetch models. @default none */
  readonly image?: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** Claim that holds the model registry; mounted read-only. @default none, for versions with images of their own */
  readonly modelsClaim?: pulumi.Input<string>;
  /** At least one; each is served by its own Deployment and Service. */
  readonly versions: readonly ModelVersionArgs[];
}

/** A version that traffic can be sent to. */
export interface ServedVersion {
  readonly version: string;
  /** Name of the version's Deployment. */
  readonly deployment: pulumi.Output<string>;
  /** Name of the version's Service. */
  readonly service: pulumi.Output<string>;
  /** Port of the Service. */
  readonly port: number;
  /** Port of the Service for gRPC; undefined if the version has none. */
  readonly grpcPort: number | undefined;
}

/** A model and its versions: Deployment, Service, autoscaler and disruption budget for each. */
export class ModelService extends pulumi.ComponentResource {
  /** The served versions by version. */
  readonly versions: ReadonlyMap<string, ServedVersion>;

  constructor(name: string, args: ModelServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:ModelService", name, {}, opts);
    if (args.versions.length === 0) {
      throw new pulumi.InputPropertyError({ propertyPath: "versions", reason: `model "${args.model}" has no version` });
    }
    const names = resolveModelNames(args);
    this.versions = new Map(
      args.versions.map((version) => [version.version, this.serve(args, names, resolveVersion(names, version))]),
    );
    this.registerOutputs({
      versions: [...this.versions.values()].map(({ version, deployment, service }) => ({
        version,
        deployment,
        service,
      })),
    });
  }

  /**
   * Where requests for a version are sent.
   *
   * @throws InputPropertyError if the model does not serve the version
   */
  backend(version: string): Backend {
    const served = this.versions.get(version);
    if (served === undefined) {
      const reason = `there is no version "${version}"; there is ${[...this.versions.keys()].join(", ")}`;
      throw new pulumi.InputPropertyError({ propertyPath: "version", reason });
    }
    const { service, port, grpcPort } = served;
    return { service, port, ...(grpcPort === undefined ? {} : { grpcPort }) };
  }

  /**
   * Address of a version inside the cluster, without a path.
   *
   * @throws InputPropertyError if the model does not serve the version
   */
  address(version: string): pulumi.Output<string> {
    const { service, port } = this.backend(version);
    return pulumi.interpolate`http://${service}:${port}`;
  }

  private serve(args: ModelServiceArgs, names: ModelNames, version: ResolvedVersion): ServedVersion {
    const { namespace } = args;
    if (args.image === undefined && (version.image === undefined || version.source?.imageVolume === false)) {
      const reason = `version "${version.version}" runs the inference server's image; give it`;
      throw new pulumi.InputPropertyError({ propertyPath: "image", reason });
    }
    const { resourceName, autoscaling, disruptionBudget } = version;
    const configMap =
      Object.keys(version.environment).length === 0
        ? undefined
        : new k8s.core.v1.ConfigMap(
            `${resourceName}-config`,
            configMapManifest(namespace, { data: version.environment }),
            { parent: this },
          );
    const deployment = new k8s.apps.v1.Deployment(
      resourceName,
      deploymentManifest({
        ...args,
        version,
        ...(configMap === undefined ? {} : { configMap: { name: configMap.metadata.name } }),
      }),
      // The autoscaler owns the number of replicas once the Deployment exists.
      { parent: this, ...(autoscaling === undefined ? {} : { ignoreChanges: ["spec.replicas"] }) },
    );
    const serve = (suffix: string, service: ResolvedService) =>
      new k8s.core.v1.Service(
        `${resourceName}${suffix}`,
        serviceManifest(
          namespace,
          serviceLabels(names.app, version.version),
          version.selector,
          service,
          version.container,
        ),
        { parent: this },
      );
    const service = serve("", version.service);
    for (const [index, more] of version.additionalServices.entries()) {
      serve(`-${more.name ?? index + 2}`, more);
    }
    if (autoscaling !== undefined) {
      const place = { namespace, service: service.metadata.name, model: names.model, version: version.version };
      createAutoscaler(resourceName, deployment.metadata.name, autoscaling, place, this);
    }
    if (disruptionBudget !== undefined) {
      new k8s.policy.v1.PodDisruptionBudget(
        resourceName,
        disruptionBudgetManifest(namespace, version.selector, disruptionBudget),
        { parent: this },
      );
    }
    return {
      version: version.version,
      deployment: deployment.metadata.name,
      service: service.metadata.name,
      port: version.service.port,
      grpcPort: version.container.ports[GRPC_PORT_NAME],
    };
  }
}
