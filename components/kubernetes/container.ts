import type * as k8s from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { defaults } from "../defaults/defaults.ts";
import { type ConfigMapRef, type FileArgs, fileHashes } from "./files.ts";

type Container = k8s.types.input.core.v1.Container;
type PodSpec = k8s.types.input.core.v1.PodSpec;

/** How nodes get an image. */
export interface ImageAccess {
  /** @default Kubernetes' own: IfNotPresent, or Always for `latest` */
  readonly pullPolicy?: "IfNotPresent" | "Always" | "Never";
  /** Name of the Secret with the registry's credentials, or several. @default none are needed */
  readonly pullSecret?: Input<string> | readonly Input<string>[];
}

/** A value that a container takes from a Secret. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly secret: Input<string>;
  readonly key: string;
}

/** ConfigMaps and Secrets whose keys become environment variables or files. */
export interface EnvironmentSources extends FileArgs {
  /** Later ones override earlier ones; variables that are set one by one override them all. @default [] */
  readonly configMaps?: readonly ConfigMapRef[];
  /** Names of Secrets. @default [] */
  readonly secrets?: readonly Input<string>[];
  /** Hash of the Secrets with fixed names that the container uses in any way; a change rolls the pods. @default none */
  readonly secretsHash?: Input<string>;
}

/** A taint that a pod tolerates. */
export interface Toleration {
  readonly key: string;
  /** @default "Exists" */
  readonly operator?: "Exists" | "Equal";
  /** Value of the taint, with `operator: Equal`. */
  readonly value?: string;
  /** @default every effect */
  readonly effect?: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/** Nodes that a pod may run on. */
export interface PlacementArgs {
  /** @default every node */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** @default [] */
  readonly tolerations?: readonly Toleration[];
}

/** A container's pull policy. */
export function imagePolicy({ pullPolicy }: ImageAccess = {}): Pick<Container, "imagePullPolicy"> {
  return pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy };
}

/**
 * A pod's credentials for its images' registry.
 *
 * @param more names of further Secrets. @default []
 */
export function pullSecrets(
  { pullSecret }: ImageAccess = {},
  more: readonly Input<string>[] = [],
): Pick<PodSpec, "imagePullSecrets"> {
  const own = Array.isArray(pullSecret) ? pullSecret : [pullSecret];
  const names = [...(pullSecret === undefined ? [] : own), ...more];
  return names.length === 0 ? {} : { imagePullSecrets: names.map((name) => ({ name })) };
}

/** A container's environment from whole ConfigMaps and Secrets, in their order. */
export function environmentFrom({ configMaps = [], secrets = [] }: EnvironmentSources): Pick<Container, "envFrom"> {
  if (configMaps.length + secrets.length === 0) return {};
  return {
    envFrom: [
      ...configMaps.map(({ name }) => ({ configMapRef: { name } })),
      ...secrets.map((name) => ({ secretRef: { name } })),
    ],
  };
}

/** Environment variables whose values come from Secrets, by name. */
export function secretVariables(variables: Readonly<Record<string, SecretKey>>): k8s.types.input.core.v1.EnvVar[] {
  return Object.entries(variables).map(([name, { secret, key }]) => ({
    name,
    valueFrom: { secretKeyRef: { name: secret, key } },
  }));
}

/**
 * A pod template's annotations with the hashes of its ConfigMaps and Secrets with fixed names, so that a change rolls the
 * pods.
 */
export function sourceAnnotations({
  configMaps = [],
  files,
  secretsHash,
}: Pick<EnvironmentSources, "configMaps" | "files" | "secretsHash">): Record<string, Input<string>> {
  const hashes = [...new Set([...configMaps.flatMap(({ hash }) => hash ?? []), ...fileHashes(files)])];
  return {
    ...(hashes.length === 0 ? {} : { "checksum/config": hashes.join("-") }),
    ...(secretsHash === undefined ? {} : { "checksum/secret": secretsHash }),
  };
}

/** Placement with the operator of each toleration decided. */
export function resolvePlacement({ nodeSelector, tolerations }: PlacementArgs): PlacementArgs {
  return {
    nodeSelector,
    tolerations: tolerations?.map((toleration) => ({ ...defaults.toleration, ...toleration })),
  };
}

/** A pod's node selector and tolerations. */
export function placementManifest({
  nodeSelector,
  tolerations = [],
}: PlacementArgs): Pick<PodSpec, "nodeSelector" | "tolerations"> {
  return {
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(tolerations.length === 0 ? {} : { tolerations: tolerations.map((toleration) => ({ ...toleration })) }),
  };
}
