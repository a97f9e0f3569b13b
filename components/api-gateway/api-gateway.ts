import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_API_GATEWAY_REPLICAS, DEFAULT_SERVICE_PORT, defaultApiGatewayResources } from "../defaults.ts";
import {
  type AutoscalingArgs,
  autoscalerManifest,
  type DisruptionBudgetArgs,
  disruptionBudgetManifest,
} from "../kubernetes/autoscaling.ts";
import { type ImageAccess, imagePolicy, pullSecrets } from "../kubernetes/container.ts";
import { objectMeta, replacement } from "../kubernetes/names.ts";
import { type Resources, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import type { RolloutArgs, SecretKey, ServiceArgs } from "../serving/version-args.ts";
import { sizeInBytes } from "../traffic/gateway-policies.ts";
import type { Backend } from "../traffic/traffic-args.ts";
import { NGINX_PORT, nginxConf, startScript, stopScript } from "./nginx-conf.ts";

/** nginx without root, listening where an ordinary user may. */
export const API_GATEWAY_IMAGE = "docker.io/nginxinc/nginx-unprivileged:1.29";

/** A path of the gateway and the model behind it. */
export interface ApiGatewayRoute {
  /** Path at the gateway, such as `/predict`; one that ends with `/` stands for all below it. */
  readonly path: string;
  readonly backend: Backend;
  /** Path at the model's server. @default the same */
  readonly target?: string;
}

export interface ApiGatewayArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the Deployment, and label `app` of its pods. @default "api-gateway" */
  readonly name?: string;
  /** @default {@link API_GATEWAY_IMAGE} */
  readonly image?: pulumi.Input<string>;
  readonly imageAccess?: ImageAccess;
  /** At least one. */
  readonly routes: readonly ApiGatewayRoute[];
  /** Key that requests must bring as `X-API-Key`. @default none is asked for */
  readonly apiKey?: SecretKey;
  /** Fixed name of the ConfigMap with nginx.conf; without one Pulumi names it, and it is immutable. */
  readonly configName?: string;
  /** Pods; with autoscaling those to start with. @default 2 */
  readonly replicas?: number;
  /** @default {@link defaultApiGatewayResources} */
  readonly resources?: Resources;
  /** @default a ClusterIP on port 80 */
  readonly service?: Omit<ServiceArgs, "metricsPort">;
  /** @default no autoscaler */
  readonly autoscaling?: AutoscalingArgs;
  /** @default no budget */
  readonly disruptionBudget?: DisruptionBudgetArgs;
  /** `drainSeconds` are 5 and `terminationGracePeriodSeconds` 45 where not given. */
  readonly rollout?: Omit<RolloutArgs, "preStopSeconds">;
  /** Longest time to reach a model's server. @default 10 */
  readonly connectTimeoutSeconds?: number;
  /** Longest time between two parts of an answer. @default 30 */
  readonly readTimeoutSeconds?: number;
  /** Largest request body. @default "10Mi" */
  readonly bodyLimit?: string;
  /** Tries of one request on the model's pods, the first included. @default 8 */
  readonly attempts?: number;
  /** Connections at once of one pod. @default 1024 */
  readonly workerConnections?: number;
}

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
    const { namespace, autoscaling, disruptionBudget, configName } = args;
    if (args.routes.length === 0) {
      throw new pulumi.InputPropertyError({ propertyPath: "routes", reason: "the gateway leads to no model" });
    }
    const conf = configuration(args);
    const configMap = new k8s.core.v1.ConfigMap(
      `${name}-config`,
      {
        metadata: objectMeta({ name: configName, namespace }),
        // A new ConfigMap under an old name would reach running nodes late or never, so one with a fixed name is changed.
        ...(configName === undefined ? { immutable: true } : {}),
        data: { "nginx.conf": conf },
      },
      { parent: this, ...replacement(configName) },
    );
    const hash = configName === undefined ? undefined : conf.apply(checksum);
    const deployment = new k8s.apps.v1.Deployment(name, deploymentManifest(args, configMap.metadata.name, hash), {
      parent: this,
      // The autoscaler owns the number of replicas once the Deployment is there.
      ...(autoscaling === undefined ? {} : { ignoreChanges: ["spec.replicas"] }),
    });
    const service = new k8s.core.v1.Service(name, serviceManifest(args), { parent: this });
    if (autoscaling !== undefined) {
      new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        name,
        autoscalerManifest(namespace, deployment.metadata.name, autoscaling),
        { parent: this },
      );
    }
    if (disruptionBudget !== undefined) {
      new k8s.policy.v1.PodDisruptionBudget(
        name,
        disruptionBudgetManifest(namespace, apiGatewayLabels(args.name), disruptionBudget),
        { parent: this },
      );
    }
    this.service = service.metadata.name;
    this.port = args.service?.port ?? DEFAULT_SERVICE_PORT;
    this.registerOutputs({ service: this.service });
  }
}

/** The labels that pick the gateway's pods. */
export function apiGatewayLabels(name = "api-gateway"): Readonly<Record<string, string>> {
  return { app: name };
}

function configuration(args: ApiGatewayArgs): pulumi.Output<string> {
  const upstreams = args.routes.map(({ backend }) => pulumi.interpolate`${backend.service}:${backend.port}`);
  return pulumi.all(upstreams).apply((hosts) =>
    nginxConf({
      routes: args.routes.map(({ path, target }, index) => ({ path, target, upstream: hosts[index] ?? "" })),
      apiKey: args.apiKey !== undefined,
      connectTimeoutSeconds: args.connectTimeoutSeconds ?? 10,
      readTimeoutSeconds: args.readTimeoutSeconds ?? 30,
      bodyLimitBytes: sizeInBytes(args.bodyLimit ?? "10Mi"),
      attempts: args.attempts ?? 8,
      workerConnections: args.workerConnections ?? 1024,
    }),
  );
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function deploymentManifest(
  args: ApiGatewayArgs,
  configMap: pulumi.Input<string>,
  hash: pulumi.Input<string> | undefined,
): k8s.apps.v1.DeploymentArgs {
  const selector = apiGatewayLabels(args.name);
  const labels = { ...selector, tier: "frontend" };
  const { rollout = {} } = args;
  const image = args.image ?? API_GATEWAY_IMAGE;
  return {
    metadata: objectMeta({
      name: args.name ?? "api-gateway",
      namespace: args.namespace,
      labels,
      annotations: { "kubernetes.io/change-cause": pulumi.interpolate`image ${image}, configuration ${configMap}` },
    }),
    spec: {
      replicas: args.replicas ?? DEFAULT_API_GATEWAY_REPLICAS,
      revisionHistoryLimit: rollout.revisionHistoryLimit ?? 10,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: rollout.maxSurge ?? 1, maxUnavailable: rollout.maxUnavailable ?? 0 },
      },
      selector: { matchLabels: { ...selector } },
      template: {
        metadata: { labels, ...(hash === undefined ? {} : { annotations: { "checksum/config": hash } }) },
        spec: podSpec(args, image, configMap),
      },
    },
  };
}

function podSpec(
  args: ApiGatewayArgs,
  image: pulumi.Input<string>,
  configMap: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const { apiKey, rollout = {} } = args;
  const probe = { httpGet: { path: "/health", port: "http" }, timeoutSeconds: 3 };
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: rollout.terminationGracePeriodSeconds ?? 45,
    securityContext: restrictedPod,
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { ...apiGatewayLabels(args.name) } },
    })),
    ...pullSecrets(args.imageAccess),
    containers: [
      {
        name: "nginx",
        image,
        ...imagePolicy(args.imageAccess),
        command: ["/bin/sh", "-c", startScript(apiKey !== undefined)],
        ...(apiKey === undefined
          ? {}
          : { env: [{ name: "API_KEY", valueFrom: { secretKeyRef: { name: apiKey.secret, key: apiKey.key } } }] }),
        ports: [{ name: "http", containerPort: NGINX_PORT }],
        resources: args.resources ?? defaultApiGatewayResources,
        securityContext: restrictedContainer,
        readinessProbe: { ...probe, initialDelaySeconds: 5, periodSeconds: 10 },
        livenessProbe: { ...probe, initialDelaySeconds: 10, periodSeconds: 15 },
        lifecycle: { preStop: { exec: { command: ["/bin/sh", "-c", stopScript(rollout.drainSeconds ?? 5)] } } },
        volumeMounts: [
          { name: "nginx-config", mountPath: "/etc/nginx/nginx.conf", subPath: "nginx.conf", readOnly: true },
          { name: "tmp", mountPath: "/tmp" },
        ],
      },
    ],
    volumes: [
      { name: "nginx-config", configMap: { name: configMap } },
      { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
    ],
  };
}

function serviceManifest(args: ApiGatewayArgs): k8s.core.v1.ServiceArgs {
  const { service = {} } = args;
  const selector = apiGatewayLabels(args.name);
  return {
    metadata: objectMeta({
      name: service.name,
      namespace: args.namespace,
      labels: selector,
      ...(service.await === false ? { annotations: { "pulumi.com/skipAwait": "true" } } : {}),
    }),
    spec: {
      type: service.type ?? "ClusterIP",
      selector: { ...selector },
      ports: [
        {
          name: "http",
          port: service.port ?? DEFAULT_SERVICE_PORT,
          targetPort: "http",
          ...(service.nodePort === undefined ? {} : { nodePort: service.nodePort }),
        },
      ],
    },
  };
}
