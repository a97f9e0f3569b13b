import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_SERVICE_PORT } from "../defaults.ts";
import { autoscalerManifest, disruptionBudgetManifest } from "../kubernetes/autoscaling.ts";
import type { ImageAccess } from "../kubernetes/container.ts";
import { kubernetesName } from "../kubernetes/names.ts";
import { configMapManifest } from "../platform/config-maps.ts";
import type { Backend } from "../traffic/traffic-args.ts";
import { deploymentManifest } from "./model-version.ts";
import type { ModelVersionArgs, ServiceArgs } from "./version-args.ts";
import { selectorLabels, versionResourceName } from "./version-labels.ts";
import { serviceManifest } from "./version-service.ts";

export interface ModelServiceArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the model in the registry. */
  readonly model: string;
  /** Name of the entry, where one model is served twice. @default the model's name */
  readonly entry?: string;
  /** Value of the label `app` on the model's pods. @default the entry's name */
  readonly app?: string;
  /** Image of the inference server. */
  readonly image: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** Claim that holds the model registry; mounted read-only. */
  readonly modelsClaim: pulumi.Input<string>;
  /** At least one, each served by a Deployment and a Service of its own. */
  readonly versions: readonly ModelVersionArgs[];
}

/** One version as it is served: where traffic can be sent. */
export interface ServedVersion {
  readonly version: string;
  /** Name of the version's Deployment. */
  readonly deployment: pulumi.Output<string>;
  /** Name of the version's Service. */
  readonly service: pulumi.Output<string>;
  /** Port of the Service. */
  readonly port: number;
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
    this.versions = new Map(args.versions.map((version) => [version.version, this.serve(args, version)]));
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
   * @throws InputPropertyError where the model does not serve the version
   */
  backend(version: string): Backend {
    const served = this.versions.get(version);
    if (served === undefined) {
      const reason = `there is no version "${version}"; there is ${[...this.versions.keys()].join(", ")}`;
      throw new pulumi.InputPropertyError({ propertyPath: "version", reason });
    }
    return { service: served.service, port: served.port };
  }

  /**
   * Address of a version inside the cluster, without a path.
   *
   * @throws InputPropertyError where the model does not serve the version
   */
  address(version: string): pulumi.Output<string> {
    const { service, port } = this.backend(version);
    return pulumi.interpolate`http://${service}:${port}`;
  }

  private serve(args: ModelServiceArgs, settings: ModelVersionArgs): ServedVersion {
    const { namespace } = args;
    const entry = args.entry ?? args.model;
    const name = versionResourceName(entry, settings.version);
    const app = args.app ?? kubernetesName(entry);

    const configMap =
      settings.environment === undefined
        ? undefined
        : new k8s.core.v1.ConfigMap(`${name}-config`, configMapManifest(namespace, { data: settings.environment }), {
            parent: this,
          });
    const deployment = new k8s.apps.v1.Deployment(
      name,
      deploymentManifest({
        ...args,
        app,
        settings,
        ...(configMap === undefined ? {} : { configMap: { name: configMap.metadata.name } }),
      }),
      // The autoscaler owns the number of replicas once the Deployment is there.
      { parent: this, ...(settings.autoscaling === undefined ? {} : { ignoreChanges: ["spec.replicas"] }) },
    );
    const serve = (suffix: string, service?: ServiceArgs) =>
      new k8s.core.v1.Service(`${name}${suffix}`, serviceManifest(namespace, app, settings, service), { parent: this });
    const service = serve("", settings.service);
    for (const [index, more] of (settings.additionalServices ?? []).entries()) {
      serve(`-${more.name ?? index + 2}`, more);
    }
    if (settings.autoscaling !== undefined) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        autoscalerManifest(namespace, deployment.metadata.name, settings.autoscaling),
        { parent: this },
      );
    }
    if (settings.disruptionBudget !== undefined) {
      new k8s.policy.v1.PodDisruptionBudget(
        name,
        disruptionBudgetManifest(namespace, selectorLabels(app, settings), settings.disruptionBudget),
        { parent: this },
      );
    }
    return {
      version: settings.version,
      deployment: deployment.metadata.name,
      service: service.metadata.name,
      port: settings.service?.port ?? DEFAULT_SERVICE_PORT,
    };
  }
}
