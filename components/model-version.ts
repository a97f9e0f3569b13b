import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { AutoscalingArgs, DisruptionBudgetArgs } from "./autoscaling.ts";
import { type LineageArgs, originOf } from "./lineage.ts";
import { kubernetesName, objectMeta } from "./names.ts";
import { environment, mountClaims, type Resources, restrictedContainer, restrictedPod } from "./pod.ts";
import { type ProbesArgs, probes } from "./probes.ts";
import { MODELS_PATH } from "./trainer-job.ts";

/** Ports of the inference container. */
export const HTTP_PORT = 8080;
export const METRICS_PORT = 9090;

/** Requests and limits of a server container that names none. */
export const defaultServerResources: Resources = {
  requests: { cpu: "500m", memory: "1Gi" },
  limits: { cpu: "2", memory: "2Gi" },
};

/** How a version is replaced by its next revision. */
export interface RolloutArgs {
  /** Pods above the wanted number while rolling. @default 1 */
  readonly maxSurge?: number | string;
  /** Pods below the wanted number while rolling. @default 0 */
  readonly maxUnavailable?: number | string;
  /**
   * Seconds the server goes on answering after SIGTERM, so that gateways that have not yet heard of its end
   * lose no request. @default 5
   */
  readonly drainSeconds?: number;
  /** Seconds from SIGTERM to SIGKILL; above `drainSeconds` and `preStopSeconds` together. @default 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** Seconds to wait before SIGTERM is sent. @default no wait: the server drains by itself */
  readonly preStopSeconds?: number;
  /** Revisions kept for `kubectl rollout undo`. @default 10 */
  readonly revisionHistoryLimit?: number;
}

/** The Service in front of one version. */
export interface ServiceArgs {
  /** Fixed name; without one Pulumi names it. */
  readonly name?: string;
  /** @default "ClusterIP" */
  readonly type?: "ClusterIP" | "NodePort" | "LoadBalancer";
  /** Port that the Service listens on. @default 80 */
  readonly port?: number;
  /** Port on every node, 30000–32767; NodePort and LoadBalancer only. @default chosen by the cluster */
  readonly nodePort?: number;
}

/** One version of a model. */
export interface ModelVersionArgs {
  /** Pods; with autoscaling the number to start with, which is the autoscaler's from then on. @default 1 */
  readonly replicas?: number;
  /** @default {@link defaultServerResources} */
  readonly resources?: Resources;
  /** @default {@link defaultProbes} */
  readonly probes?: ProbesArgs;
  readonly rollout?: RolloutArgs;
  readonly service?: ServiceArgs;
  /** @default no autoscaler */
  readonly autoscaling?: AutoscalingArgs;
  /** @default no budget */
  readonly disruptionBudget?: DisruptionBudgetArgs;
  /** Plain settings of the server; they go into a ConfigMap whose change rolls the pods. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Environment variables by name, taken from Secrets. @default none */
  readonly secretEnvironment?: Readonly<Record<string, SecretKey>>;
  /** Version in the registry, a positive integer such as "2". */
  readonly version: string;
  /** Fixed name of the Deployment; without one Pulumi names it. */
  readonly name?: string;
  /** Source commit the version was trained from; the Deployment's label `commit-sha`. @default that of `lineage` */
  readonly commitSha?: string;
  /** Date the version was trained, `YYYY-MM-DD`; the Deployment's label `trained-date`. @default that of `lineage` */
  readonly trainedDate?: string;
  /** Where the version comes from; annotations of the Deployment. @default none */
  readonly lineage?: LineageArgs;
  /** Why the version is served although it is worse than the one it replaces; an annotation. @default none */
  readonly acceptWorse?: string;
  /** Semantic version for people; the Deployment's label `model-version`. @default the version */
  readonly modelVersion?: string;
  /** Shown by `kubectl rollout history`. @default names model, version and image */
  readonly changeCause?: string;
}

/** A value that the pod takes from a Secret. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly secret: pulumi.Input<string>;
  readonly key: string;
}

/** Everything the Deployment of one version is made from. */
export interface DeploymentInput {
  readonly namespace: pulumi.Input<string>;
  readonly app: string;
  readonly model: string;
  readonly image: pulumi.Input<string>;
  readonly modelsClaim: pulumi.Input<string>;
  readonly settings: ModelVersionArgs;
  /** Name of the ConfigMap with the version's settings. */
  readonly configMap?: pulumi.Input<string>;
}

/** The labels that pick one version's pods. Small and constant: a Deployment's selector can never change. */
export function selectorLabels(app: string, version: string): { app: string; version: string } {
  return { app, version: `v${version}` };
}

/** The Deployment of one version. */
export function deploymentManifest(input: DeploymentInput): k8s.apps.v1.DeploymentArgs {
  const { settings } = input;
  const selector = selectorLabels(input.app, settings.version);
  const labels = { ...selector, component: "model-server" };
  const rollout = settings.rollout ?? {};
  const origin = originOf(settings);
  return {
    metadata: objectMeta({
      name: settings.name,
      namespace: input.namespace,
      labels: {
        ...labels,
        model: input.model,
        "model-version": settings.modelVersion ?? settings.version,
        ...origin.labels,
      },
      annotations: {
        "kubernetes.io/change-cause":
          settings.changeCause ?? pulumi.interpolate`${input.model} version ${settings.version}, image ${input.image}`,
        ...origin.annotations,
      },
    }),
    spec: {
      replicas: settings.replicas ?? 1,
      revisionHistoryLimit: rollout.revisionHistoryLimit ?? 10,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: rollout.maxSurge ?? 1, maxUnavailable: rollout.maxUnavailable ?? 0 },
      },
      selector: { matchLabels: selector },
      template: { metadata: { labels }, spec: podSpec(input) },
    },
  };
}

function podSpec(input: DeploymentInput): k8s.types.input.core.v1.PodSpec {
  const { settings } = input;
  const rollout = settings.rollout ?? {};
  const graceSeconds = rollout.terminationGracePeriodSeconds ?? 30;
  const preStopSeconds = rollout.preStopSeconds ?? 0;
  const mounts = mountClaims([{ volume: "models", claim: input.modelsClaim, mountPath: MODELS_PATH, readOnly: true }]);
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: restrictedPod,
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: selectorLabels(input.app, settings.version) },
    })),
    containers: [
      {
        name: "model-server",
        image: input.image,
        env: [
          ...environment({
            MODEL_NAME: input.model,
            MODEL_VERSION: settings.version,
            MODEL_DIR: MODELS_PATH,
            PORT: String(HTTP_PORT),
            METRICS_PORT: String(METRICS_PORT),
            DRAIN_SECONDS: String(rollout.drainSeconds ?? 5),
            // The server has to be gone by itself before the kubelet kills it.
            SHUTDOWN_SECONDS: String(Math.max(1, graceSeconds - preStopSeconds - 2)),
          }),
          ...Object.entries(settings.secretEnvironment ?? {}).map(([name, { secret, key }]) => ({
            name,
            valueFrom: { secretKeyRef: { name: secret, key } },
          })),
        ],
        ...(input.configMap === undefined ? {} : { envFrom: [{ configMapRef: { name: input.configMap } }] }),
        ports: [
          { name: "http", containerPort: HTTP_PORT },
          { name: "metrics", containerPort: METRICS_PORT },
        ],
        resources: settings.resources ?? defaultServerResources,
        securityContext: restrictedContainer,
        ...probes("http", settings.probes),
        ...(preStopSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } }),
        volumeMounts: mounts.volumeMounts,
      },
    ],
    volumes: mounts.volumes,
  };
}

/** The Service of one version, with its http and metrics ports. */
export function serviceManifest(
  namespace: pulumi.Input<string>,
  app: string,
  version: string,
  args: ServiceArgs = {},
): k8s.core.v1.ServiceArgs {
  const selector = selectorLabels(app, version);
  return {
    metadata: objectMeta({ name: args.name, namespace, labels: selector }),
    spec: {
      type: args.type ?? "ClusterIP",
      selector,
      ports: [
        {
          name: "http",
          port: args.port ?? 80,
          targetPort: "http",
          ...(args.nodePort === undefined ? {} : { nodePort: args.nodePort }),
        },
        { name: "metrics", port: METRICS_PORT, targetPort: "metrics" },
      ],
    },
  };
}

/** The name of a version's resources in the stack. */
export function versionResourceName(model: string, version: string): string {
  return `${kubernetesName(model)}-v${version}`;
}
