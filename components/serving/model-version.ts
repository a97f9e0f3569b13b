import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type ConfigMapRef,
  configAnnotations,
  type EnvironmentSources,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  placementManifest,
  pullSecrets,
  secretVariables,
} from "../kubernetes/container.ts";
import { objectMeta } from "../kubernetes/names.ts";
import { environment, MODELS_PATH, mountClaims, restrictedContainer, restrictedPod } from "../kubernetes/pod.ts";
import { probesManifest, startupSeconds } from "../kubernetes/probes.ts";
import { originOf } from "./lineage.ts";
import type { ResolvedVersionSettings } from "./resolve.ts";
import { serverVariables } from "./server-variables.ts";

/** A version with every default filled in. */
export type ResolvedVersion = ResolvedVersionSettings & EnvironmentSources;

/** The input for the Deployment of one version. */
export interface DeploymentInput {
  readonly namespace: pulumi.Input<string>;
  /** Name of the model in the registry. */
  readonly model: string;
  readonly image: pulumi.Input<string>;
  readonly modelsClaim: pulumi.Input<string>;
  readonly version: ResolvedVersion;
  /** How nodes get the image. */
  readonly imageAccess?: ImageAccess;
  /** The ConfigMap with the version's own settings. */
  readonly configMap?: ConfigMapRef;
}

/** The Deployment of one version. */
export function deploymentManifest(input: DeploymentInput): k8s.apps.v1.DeploymentArgs {
  const { version, model, image } = input;
  const { labels, rollout } = version;
  const annotations = configAnnotations(version.configMaps);
  const origin = originOf(version);
  return {
    metadata: objectMeta({
      name: version.name,
      namespace: input.namespace,
      labels: { ...labels, model, "model-version": version.modelVersion, ...origin.labels },
      annotations: {
        "kubernetes.io/change-cause":
          version.changeCause ?? pulumi.interpolate`${model} version ${version.version}, image ${image}`,
        ...origin.annotations,
        ...awaitAnnotations(version),
      },
    }),
    spec: {
      replicas: version.replicas,
      ...progressDeadline(version),
      revisionHistoryLimit: rollout.revisionHistoryLimit,
      strategy: {
        type: "RollingUpdate",
        rollingUpdate: { maxSurge: rollout.maxSurge, maxUnavailable: rollout.maxUnavailable },
      },
      selector: { matchLabels: version.selector },
      template: {
        metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
        spec: podSpec(input),
      },
    },
  };
}

/** Seconds that Pulumi waits for a Deployment by default. */
const PULUMI_AWAIT_SECONDS = 600;

/** A longer wait for the Deployment, if its pods may take longer to load the model than Pulumi waits by default. */
function awaitAnnotations({ probes, replicas }: ResolvedVersion): Record<string, string> {
  // A rollout may start one pod after another.
  const seconds = startupSeconds(probes) * Math.max(1, replicas);
  return seconds <= PULUMI_AWAIT_SECONDS ? {} : { "pulumi.com/timeoutSeconds": String(seconds) };
}

/** Seconds without progress after which Kubernetes reports a Deployment as failed by default. */
const PROGRESS_DEADLINE_SECONDS = 600;

/** Seconds that a pod may take before its container starts: scheduling, a new node, pulling the image. */
const BEFORE_START_SECONDS = 300;

/** A longer deadline, if a pod that is still loading its model would be reported as failed. */
function progressDeadline({ probes }: ResolvedVersion): { progressDeadlineSeconds?: number } {
  const seconds = startupSeconds(probes) + BEFORE_START_SECONDS;
  return seconds <= PROGRESS_DEADLINE_SECONDS ? {} : { progressDeadlineSeconds: seconds };
}

function podSpec(input: DeploymentInput): k8s.types.input.core.v1.PodSpec {
  const { version } = input;
  const { container, rollout } = version;
  const mounts = mountClaims([{ volume: "models", claim: input.modelsClaim, mountPath: MODELS_PATH, readOnly: true }]);
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: rollout.terminationGracePeriodSeconds,
    securityContext: restrictedPod,
    ...pullSecrets(input.imageAccess),
    ...schedulingManifest(version),
    containers: [
      {
        name: container.name,
        image: input.image,
        ...imagePolicy(input.imageAccess),
        // Set explicitly, since one image may hold both server and trainer.
        command: ["node", "apps/inference/main.ts"],
        env: [...environment(serverVariables(input.model, version)), ...secretVariables(version.secretEnvironment)],
        ...environmentFrom({
          configMaps: [...(version.configMaps ?? []), ...(input.configMap === undefined ? [] : [input.configMap])],
          secrets: version.secrets,
        }),
        ports: [
          { name: "http", containerPort: container.port },
          { name: "metrics", containerPort: container.metricsPort },
        ],
        resources: version.resources,
        securityContext: restrictedContainer,
        ...probesManifest("http", version.probes),
        ...(rollout.preStopSeconds === 0
          ? {}
          : { lifecycle: { preStop: { sleep: { seconds: rollout.preStopSeconds } } } }),
        volumeMounts: mounts.volumeMounts,
      },
    ],
    volumes: mounts.volumes,
  };
}

/** How the version's pods are spread over zones and nodes, and which nodes may run them. */
function schedulingManifest({
  selector,
  scheduling,
}: ResolvedVersion): Pick<
  k8s.types.input.core.v1.PodSpec,
  "affinity" | "topologySpreadConstraints" | "nodeSelector" | "tolerations"
> {
  const labelSelector = { matchLabels: selector };
  const { topologySpread, zoneAntiAffinityWeight: weight } = scheduling;
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
    ...(topologySpread.length === 0
      ? {}
      : { topologySpreadConstraints: topologySpread.map((constraint) => ({ ...constraint, labelSelector })) }),
    ...placementManifest(scheduling),
  };
}
