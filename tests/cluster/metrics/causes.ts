import { addonImages } from "../../../cluster/addons/images.ts";
import { toolchainFolders } from "../../../cluster/toolchain/index.ts";
import type { KubernetesObject } from "../../../render/rendered.ts";
import type { Labels } from "./api.ts";

/** Name of the stack whose alerts are caused, and of its namespace. */
export const STACK = "metrics";

/** Pods that its quota allows. */
export const QUOTA_PODS = 12;

const NEVER_READY = "never-ready";
const FAILS = "fails";
const FILLS = "fills-the-quota";
export const CLAIM = "small";

/** Every alert of a stack with a canary, and what tells the one that is meant from others of its name. */
export const CAUSED: Readonly<Record<string, Labels>> = {
  ModelErrorRateHigh: { model: "iris", version: "2" },
  ModelLatencyHigh: { model: "iris", version: "2" },
  CanaryFailsMore: { model: "iris" },
  CanarySlower: { model: "iris" },
  NoReadyReplicas: { deployment: NEVER_READY },
  TrainingFailed: { job_name: FAILS },
  QuotaNearlyFull: { resource: "pods" },
  VolumeNearlyFull: { persistentvolumeclaim: CLAIM },
};

/** Pods of the stack's servers, of the Deployment that is never ready, and of the one that mounts the volume. */
const OTHER_PODS = 3 + 1 + 1;

/** Objects beside the stack's that make its alerts on Deployments, Jobs and the quota fire. */
export function causes(): KubernetesObject[] {
  const pause = container(addonImages(toolchainFolders()).pause);
  return [
    deployment(NEVER_READY, 1, { ...pause, readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 } }),
    // One pod fewer than the quota allows.
    deployment(FILLS, QUOTA_PODS - 1 - OTHER_PODS, pause),
    {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: FAILS, namespace: STACK },
      spec: {
        backoffLimit: 0,
        template: {
          // The image has no such program.
          spec: pod([{ ...pause, command: ["/train"] }], { restartPolicy: "Never" }),
        },
      },
    },
  ];
}

/** What mounts the small volume: the kubelet knows how full a claim is while a pod uses it. */
export function volumeUser(): KubernetesObject {
  const volumeMounts = [{ name: "small", mountPath: "/small" }];
  const pause = container(addonImages(toolchainFolders()).pause);
  const claimed = { name: "small", persistentVolumeClaim: { claimName: CLAIM } };
  return deployment("mounts-the-volume", 1, { ...pause, volumeMounts }, [claimed]);
}

function deployment(name: string, replicas: number, only: object, volumes: readonly object[] = []): KubernetesObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: STACK },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: pod([only], { volumes }) },
    },
  };
}

function pod(containers: readonly object[], more: object): object {
  const securityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
  return { securityContext, terminationGracePeriodSeconds: 1, containers, ...more };
}

function container(image: string): object {
  return {
    name: "main",
    image,
    imagePullPolicy: "Never",
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
}
