import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createAutoscaler, disruptionBudgetManifest } from "../kubernetes/autoscaling.ts";
import { type ImageAccess, imagePolicy, pullSecrets, secretVariables } from "../kubernetes/container.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";
import { restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import { patchedTemplate } from "../kubernetes/pod-patch.ts";
import { httpProbe } from "../kubernetes/probes.ts";
import { bytes } from "../kubernetes/quantity.ts";
import { type Backend, serviceManifest } from "../kubernetes/service.ts";
import { NGINX_PORT, nginxConf, startScript, stopScript } from "./nginx-conf.ts";
import {
  API_GATEWAY_CONTAINER,
  type ApiGatewaySettings,
  type ResolvedApiGateway,
  resolveApiGateway,
} from "./resolve.ts";

/** A path of the gateway and the model behind it. */
export interface ApiGatewayRoute {
  /** Path at the gateway, such as `/predict`; a path that ends with `/` matches everything below it. */
  readonly path: string;
  readonly backend: Backend;
  /** Path at the model's server. @default the same */
  readonly target?: string;
}

export interface ApiGatewayArgs extends ApiGatewaySettings {
  readonly namespace: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** At least one. */
  readonly routes: readonly ApiGatewayRoute[];
  /** Hash of the key's Secret, if that has a fixed name; a change rolls the pods. @default none */
  readonly apiKeyHash?: pulumi.Input<string>;
}

type Resolved = ApiGatewayArgs & ResolvedApiGateway;

/** What decides about the gateway's pods. */
type PodInput = ResolvedApiGateway & Pick<ApiGatewayArgs, "imageAccess" | "apiKeyHash">;

/**
 * An nginx in front of the models: `/health`, `/status`, and a path for each model.
 *
 * Make it depend on the models: nginx does not start while the name of a Service behind it is unknown.
 */
export class ApiGateway extends pulumi.ComponentResource {
  /** Name of the gateway's Service. */
  readonly service: pulumi.Output<string>;
  /** Port of the Service. */
  readonly port: number;

  constructor(name: string, args: ApiGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ml:serving:ApiGateway", name, {}, opts);
    if (args.routes.length === 0) {
      throw new pulumi.InputPropertyError({ propertyPath: "routes", reason: "the gateway has no route to a model" });
    }
    const gateway = resolveApiGateway(args);
    const { namespace, autoscaling, disruptionBudget, configName, selector } = gateway;
    const conf = configuration(gateway);
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: objectMeta({ name: configName, namespace }),
        // A new ConfigMap under an old name reaches running nodes late or never, so one with a fixed name is updated.
        ...(configName === undefined ? { immutable: true } : {}),
        data: { "nginx.conf": conf },
      },
      { parent: this, ...replacement(configName) },
    );
    const hash = configName === undefined ? undefined : conf.apply(checksum);
    const deployment = new k8s.apps.v1.Deployment(name, deploymentManifest(gateway, configMap.metadata.name, hash), {
      parent: this,
      // The autoscaler owns the number of replicas once the Deployment exists.
      ...(autoscaling === undefined ? {} : { ignoreChanges: ["spec.replicas"] }),
    });
    const service = new k8s.core.v1.Service(name, serviceManifest(namespace, selector, selector, gateway.service), {
      parent: this,
    });
    if (autoscaling !== undefined) {
      const place = { namespace, service: service.metadata.name };
      createAutoscaler(name, deployment.metadata.name, autoscaling, place, this);
    }
    if (disruptionBudget !== undefined) {
      new k8s.policy.v1.PodDisruptionBudget(name, disruptionBudgetManifest(namespace, selector, disruptionBudget), {
        parent: this,
      });
    }
    this.service = service.metadata.name;
    this.port = gateway.service.port;
    this.registerOutputs({ service: this.service });
  }
}

function configuration({ routes, apiKey, ...settings }: Resolved): pulumi.Output<string> {
  const upstreams = routes.map(({ backend }) => pulumi.interpolate`${backend.service}:${backend.port}`);
  return pulumi.all(upstreams).apply((hosts) =>
    nginxConf({
      ...settings,
      routes: routes.map(({ path, target }, index) => ({ path, target, upstream: hosts[index] ?? "" })),
      apiKey: apiKey !== undefined,
      bodyLimitBytes: bytes(settings.bodyLimit),
    }),
  );
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function deploymentManifest(
  gateway: Resolved,
  configMap: pulumi.Input<string>,
  hash: pulumi.Input<string> | undefined,
): k8s.apps.v1.DeploymentArgs {
  const { name, namespace, image, replicas, rollout, selector } = gateway;
  const labels = podLabels(gateway);
  return {
    metadata: objectMeta({
      name,
      namespace,
      labels,
      annotations: { "kubernetes.io/change-cause": pulumi.interpolate`image ${image}, configuration ${configMap}` },
    }),
    spec: {
      replicas,
      revisionHistoryLimit: rollout.revisionHistoryLimit,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: rollout.maxSurge, maxUnavailable: rollout.maxUnavailable },
      },
      selector: { matchLabels: { ...selector } },
      template: patchedTemplate(apiGatewayPods(gateway, configMap, hash), gateway.pod),
    },
  };
}

/** The gateway's pods, without the gateway's `pod`. */
export function apiGatewayPods(
  gateway: PodInput,
  configMap: pulumi.Input<string>,
  hash: pulumi.Input<string> | undefined,
): k8s.types.input.core.v1.PodTemplateSpec {
  const annotations = {
    ...(hash === undefined ? {} : { "checksum/config": hash }),
    ...(gateway.apiKeyHash === undefined ? {} : { "checksum/secret": gateway.apiKeyHash }),
  };
  return {
    metadata: { labels: podLabels(gateway), ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: podSpec(gateway, configMap),
  };
}

function podLabels({ selector }: PodInput): Record<string, string> {
  return { ...selector, tier: "frontend" };
}

function podSpec(gateway: PodInput, configMap: pulumi.Input<string>): k8s.types.input.core.v1.PodSpec {
  const { apiKey, rollout, imageAccess, probes } = gateway;
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: rollout.terminationGracePeriodSeconds,
    securityContext: restrictedPod,
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { ...gateway.selector } },
    })),
    ...pullSecrets(imageAccess),
    containers: [
      {
        name: API_GATEWAY_CONTAINER,
        image: gateway.image,
        ...imagePolicy(imageAccess),
        command: ["/bin/sh", "-c", startScript(apiKey !== undefined)],
        ...(apiKey === undefined ? {} : { env: secretVariables({ API_KEY: apiKey }) }),
        ports: [{ name: "http", containerPort: NGINX_PORT }],
        resources: gateway.resources,
        securityContext: restrictedContainer,
        readinessProbe: httpProbe("http", probes.readiness),
        livenessProbe: httpProbe("http", probes.liveness),
        lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", stopScript(rollout.drainSeconds)] } } },
        volumeMounts: [
          { name: "nginx-config", mountPath: "/etc/nginx/nginx.conf", subPath: "nginx.conf", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "nginx-config", configMap: { name: configMap } },
      { name: "tmp", emptyDir: { sizeLimit: gateway.temporarySpace } },
    ],
  };
}
