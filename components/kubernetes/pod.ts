import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** Requests and limits of a container, in Kubernetes quantities (`500m`, `1Gi`). */
export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** The uid, gid and fsGroup every pod runs as; the images' own user. */
export const USER_ID = 1000;

/**
 * Pod settings of the Pod Security Standard `restricted`, with volumes writable by the pod's group.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const restrictedPod: k8s.types.input.core.v1.PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: USER_ID,
  runAsGroup: USER_ID,
  fsGroup: USER_ID,
  fsGroupChangePolicy: "OnRootMismatch",
  seccompProfile: { type: "RuntimeDefault" },
};

/** Container settings of the Pod Security Standard `restricted`. */
export const unprivilegedContainer: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
};

/** Container settings of the Pod Security Standard `restricted`, and a read-only root file system. */
export const restrictedContainer: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** Where the models volume is mounted, in training and in serving. */
export const MODELS_PATH = "/models";
/** Where the training data is mounted. */
export const DATA_PATH = "/data";

/** A claim mounted into a container. */
export interface ClaimMount {
  /** Name of the volume in the pod. */
  readonly volume: string;
  readonly claim: Input<string>;
  readonly mountPath: string;
  /** @default false */
  readonly readOnly?: boolean;
}

/** The volumes and the container's mounts for claims, in the order given. */
export function mountClaims(mounts: readonly ClaimMount[]): {
  volumes: k8s.types.input.core.v1.Volume[];
  volumeMounts: k8s.types.input.core.v1.VolumeMount[];
} {
  return {
    volumes: mounts.map(({ volume, claim }) => ({ name: volume, persistentVolumeClaim: { claimName: claim } })),
    volumeMounts: mounts.map(({ volume, mountPath, readOnly }) => ({
      name: volume,
      mountPath,
      ...(readOnly ? { readOnly } : {}),
    })),
  };
}

/**
 * Memory as a file system at `/dev/shm`, where processes of one pod share data.
 *
 * @param size such as `2Gi`; undefined for the runtime's own, of 64Mi
 */
export function sharedMemory(size: string | undefined): {
  volumes: k8s.types.input.core.v1.Volume[];
  volumeMounts: k8s.types.input.core.v1.VolumeMount[];
} {
  if (size === undefined) return { volumes: [], volumeMounts: [] };
  return {
    volumes: [{ name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: size } }],
    volumeMounts: [{ name: "shared-memory", mountPath: "/dev/shm" }],
  };
}

/** Environment variables from a plain record, in its order. */
export function environment(values: Readonly<Record<string, Input<string>>>): k8s.types.input.core.v1.EnvVar[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}
