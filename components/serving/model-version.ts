import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  type EnvironmentSources,
  environmentFrom,
  type ImageAccess,
  imagePolicy,
  placementManifest,
  pullSecrets,
  sourceAnnotations,
} from "../kubernetes/container.ts";
import { type ConfigMapRef, mountFiles } from "../kubernetes/files.ts";
import { objectMeta } from "../kubernetes/names.ts";
import { restrictedContainer, restrictedPod, sharedMemory, unprivilegedContainer } from "../kubernetes/pod.ts";
import { patchedTemplate } from "../kubernetes/pod-patch.ts";
import { probesManifest, startupSeconds } from "../kubernetes/probes.ts";
import { runtimeClass } from "../platform/gpu-pool.ts";
import { originOf } from "./lineage.ts";
import { fetchSeconds, modelVolume, sourcePullSecrets } from "./model-source.ts";
import type { ResolvedVersionSettings } from "./resolve.ts";
import { serverManifest } from "./server-container.ts";

/** A version with every default filled in. */
export type ResolvedVersion = ResolvedVersionSettings & EnvironmentSources;

/** The input for the Deployment of one version. */
export interface DeploymentInput {
  readonly namespace: pulumi.Input<string>;
  /** Name of the model in the registry. */
  readonly model: string;
  /** Image of the inference server, for a version without one of its own. */
  readonly image?: pulumi.Input<string>;
  /** Claim that holds the model registry. */
  readonly modelsClaim?: pulumi.Input<string>;
  readonly version: ResolvedVersion;
  /** How nodes get the image. */
  readonly imageAccess?: ImageAccess;
  /** The ConfigMap with the version's own settings. */
  readonly configMap?: ConfigMapRef;
}

/** The Deployment of one version. */
export function deploymentManifest(input: DeploymentInput): k8s.apps.v1.DeploymentArgs {
  const { version, model } = input;
  const { labels, rollout, image = input.image } = version;
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
      template: patchedTemplate(podTemplate(input), version.pod),
    },
  };
}

/** The pods of one version, without the version's `pod`. */
export function podTemplate(input: DeploymentInput): k8s.types.input.core.v1.PodTemplateSpec {
  const { labels } = input.version;
  const annotations = sourceAnnotations(input.version);
  return {
    metadata: { labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: podSpec(input),
  };
}

/** Seconds that Pulumi waits for a Deployment by default. */
const PULUMI_AWAIT_SECONDS = 600;

/** A longer wait for the Deployment, if its pods may take longer to load the model than Pulumi waits by default. */
function awaitAnnotations({ probes, replicas, source }: ResolvedVersion): Record<string, string> {
  // A rollout may start one pod after another.
  const seconds = (fetchSeconds(source) + startupSeconds(probes)) * Math.max(1, replicas);
  return seconds <= PULUMI_AWAIT_SECONDS ? {} : { "pulumi.com/timeoutSeconds": String(seconds) };
}

/** Seconds without progress after which Kubernetes reports a Deployment as failed by default. */
const PROGRESS_DEADLINE_SECONDS = 600;

/** Seconds that a pod may take before its container starts: scheduling, a new node, pulling the image. */
const BEFORE_START_SECONDS = 300;

/** A longer deadline, if a pod that is still loading its model would be reported as failed. */
function progressDeadline({ probes, source }: ResolvedVersion): { progressDeadlineSeconds?: number } {
  const seconds = fetchSeconds(source) + startupSeconds(probes) + BEFORE_START_SECONDS;
  return seconds <= PROGRESS_DEADLINE_SECONDS ? {} : { progressDeadlineSeconds: seconds };
}

function podSpec(input: DeploymentInput): k8s.types.input.core.v1.PodSpec {
  const { version } = input;
  const { container, rollout, image = input.image } = version;
  const { initContainers, ...mounts } = modelVolume(input);
  const memory = sharedMemory(version.sharedMemory);
  const files = mountFiles(version.files);
  const volumes = [...mounts.volumes, ...memory.volumes, ...files.volumes];
  const volumeMounts = [...mounts.volumeMounts, ...memory.volumeMounts, ...files.volumeMounts];
  return {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: rollout.terminationGracePeriodSeconds,
    securityContext: restrictedPod,
    ...pullSecrets(input.imageAccess, sourcePullSecrets(version.source)),
    ...schedulingManifest(version),
    ...runtimeClass(version),
    ...(initContainers === undefined ? {} : { initContainers }),
    containers: [
      {
        name: container.name,
        image,
        ...imagePolicy(input.imageAccess),
        ...serverManifest(input.model, version),
        ...environmentFrom({
          configMaps: [...(version.configMaps ?? []), ...(input.configMap === undefined ? [] : [input.configMap])],
          secrets: version.secrets,
        }),
        resources: version.resources,
        // Servers of one's own write caches and temporary files wherever they like.
        securityContext: version.image === undefined ? restrictedContainer : unprivilegedContainer,
        ...probesManifest({ name: "http", number: container.port }, version.probes),
        ...(rollout.preStopSeconds === 0
          ? {}
          : { lifecycle: { preStop: { sleep: { seconds: rollout.preStopSeconds } } } }),
        ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
      },
    ],
    ...(volumes.length === 0 ? {} : { volumes }),
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
      : {
          topologySpreadConstraints: topologySpread.map(({ matchLabelKeys, ...constraint }) => ({
            ...constraint,
            labelSelector,
            ...(matchLabelKeys === undefined ? {} : { matchLabelKeys: [...matchLabelKeys] }),
          })),
        }),
    ...placementManifest(scheduling),
  };
}
