import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { DEFAULT_REPLICAS, defaultRollout, defaultServerResources, HTTP_PORT, METRICS_PORT } from "../defaults.ts";
import {
  configAnnotations,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  placementOf,
  pullSecrets,
} from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import { environment, mountClaims, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import { probes, startupSeconds } from "../kubernetes/probes.ts";
import type { ConfigMapRef } from "../platform/config-maps.ts";
import { MODELS_PATH } from "../training/trainer-job.ts";
import { originOf } from "./lineage.ts";
import type { ModelVersionArgs, SchedulingArgs } from "./version-args.ts";
import { podLabels, selectorLabels } from "./version-labels.ts";

/** Everything the Deployment of one version is made from. */
export interface DeploymentInput {
  readonly namespace: pulumi.Input<string>;
  readonly app: string;
  readonly model: string;
  readonly image: pulumi.Input<string>;
  readonly modelsClaim: pulumi.Input<string>;
  readonly settings: ModelVersionArgs;
  /** How nodes get the image. */
  readonly imageAccess?: ImageAccess;
  /** The ConfigMap with the version's own settings. */
  readonly configMap?: ConfigMapRef;
}

/** The Deployment of one version. */
export function deploymentManifest(input: DeploymentInput): k8s.apps.v1.DeploymentArgs {
  const { settings } = input;
  const labels = podLabels(input.app, settings);
  const annotations = configAnnotations(settings.configMaps);
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
        ...awaitAnnotations(settings),
      },
    }),
    spec: {
      replicas: settings.replicas ?? DEFAULT_REPLICAS,
      revisionHistoryLimit: rollout.revisionHistoryLimit ?? 10,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: {
          maxSurge: rollout.maxSurge ?? defaultRollout.maxSurge,
          maxUnavailable: rollout.maxUnavailable ?? defaultRollout.maxUnavailable,
        },
      },
      selector: { matchLabels: selectorLabels(input.app, settings) },
      template: {
        metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
        spec: podSpec(input),
      },
    },
  };
}

/** Seconds that Pulumi waits for a Deployment where nothing else is said. */
const PULUMI_AWAIT_SECONDS = 600;

/** More time to wait for the Deployment, where its pods may take longer to load the model than Pulumi waits. */
function awaitAnnotations({ probes: timing, replicas = DEFAULT_REPLICAS }: ModelVersionArgs): Record<string, string> {
  // A rollout may start one pod after another.
  const seconds = startupSeconds(timing) * Math.max(1, replicas);
  return seconds <= PULUMI_AWAIT_SECONDS ? {} : { "pulumi.com/timeoutSeconds": String(seconds) };
}

function podSpec(input: DeploymentInput): k8s.types.input.core.v1.PodSpec {
  const { settings } = input;
  const rollout = settings.rollout ?? {};
  const graceSeconds = rollout.terminationGracePeriodSeconds ?? 30;
  const preStopSeconds = rollout.preStopSeconds ?? 0;
  const httpPort = settings.container?.port ?? HTTP_PORT;
  const metricsPort = settings.container?.metricsPort ?? METRICS_PORT;
  const mounts = mountClaims([{ volume: "models", claim: input.modelsClaim, mountPath: MODELS_PATH, readOnly: true }]);
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: restrictedPod,
    ...pullSecrets(input.imageAccess),
    ...schedulingOf(selectorLabels(input.app, settings), settings.scheduling),
    containers: [
      {
        name: settings.container?.name ?? "model-server",
        image: input.image,
        ...imagePolicy(input.imageAccess),
        // Said here, since one image may be server and trainer both.
        command: ["node", "apps/inference/main.ts"],
        env: [
          ...environment({
            MODEL_NAME: input.model,
            MODEL_VERSION: settings.version,
            MODEL_DIR: MODELS_PATH,
            PORT: String(httpPort),
            METRICS_PORT: String(metricsPort),
            DRAIN_SECONDS: String(rollout.drainSeconds ?? 5),
            // The server has to be gone by itself before the kubelet kills it.
            SHUTDOWN_SECONDS: String(Math.max(1, graceSeconds - preStopSeconds - 2)),
          }),
          ...Object.entries(settings.secretEnvironment ?? {}).map(([name, { secret, key }]) => ({
            name,
            valueFrom: { secretKeyRef: { name: secret, key } },
          })),
        ],
        ...environmentFrom({
          configMaps: [...(settings.configMaps ?? []), ...(input.configMap === undefined ? [] : [input.configMap])],
          secrets: settings.secrets,
        }),
        ports: [
          { name: "http", containerPort: httpPort },
          { name: "metrics", containerPort: metricsPort },
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

const SPREAD: NonNullable<SchedulingArgs["topologySpread"]> = [
  { topologyKey: "topology.kubernetes.io/zone" },
  { topologyKey: "kubernetes.io/hostname" },
];

/** How the pods with the given labels are spread over zones and nodes, and which nodes may run them. */
function schedulingOf(
  selector: Readonly<Record<string, string>>,
  args: SchedulingArgs = {},
): Pick<k8s.types.input.core.v1.PodSpec, "affinity" | "topologySpreadConstraints" | "nodeSelector" | "tolerations"> {
  const labelSelector = { matchLabels: selector };
  const spread = args.topologySpread ?? SPREAD;
  const weight = args.zoneAntiAffinityWeight;
  return {
    ...(weight === undefined
      ? {}
      : {
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                { weight, podAffinityTerm: { topologyKey: "topology.kubernetes.io/zone", labelSelector } },
              ],
            },
          },
        }),
    ...(spread.length === 0
      ? {}
      : {
          topologySpreadConstraints: spread.map((constraint) => ({
            maxSkew: 1,
            whenUnsatisfiable: "ScheduleAnyway",
            ...constraint,
            labelSelector,
          })),
        }),
    ...placementOf(args),
  };
}
